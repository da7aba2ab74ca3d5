using System.Buffers;
using Amazon.S3.Model;

namespace Monolith.Adapters.S3;

/// <summary>
/// One upload: in one piece when it fits, in several parts otherwise, of which none is to be seen before the last is there.
/// </summary>
internal sealed class S3Upload(S3Bucket bucket, string name) : IDisposable
{
    private readonly byte[] _part = ArrayPool<byte>.Shared.Rent(bucket.Settings.Part);

    /// <summary>Reads the content to its end and stores it. What the content throws comes through, and leaves no trace.</summary>
    public async Task<long> RunAsync(Stream content, CancellationToken cancellationToken)
    {
        var length = await FillAsync(content, cancellationToken);
        if (length < bucket.Settings.Part)
        {
            await PutAsync(length, cancellationToken);
            return length;
        }

        var upload = await bucket.AskAsync(
            s3 => s3.InitiateMultipartUploadAsync(bucket.Settings.Bucket, name, cancellationToken), cancellationToken);
        try
        {
            return await PutPartsAsync(upload.UploadId, length, content, cancellationToken);
        }
        catch
        {
            await AbortAsync(upload.UploadId);
            throw;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_part);

    private async Task PutAsync(int length, CancellationToken cancellationToken)
    {
        // Chunked signing is stored as it comes by some servers; in one piece, the signature holds the SHA-256 of all of it.
        using var body = new MemoryStream(_part, 0, length, writable: false);
        await bucket.AskAsync(
            s3 => s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = bucket.Settings.Bucket, Key = name, InputStream = body, AutoCloseStream = false, UseChunkEncoding = false,
                },
                cancellationToken),
            cancellationToken);
    }

    private async Task<long> PutPartsAsync(string id, int length, Stream content, CancellationToken cancellationToken)
    {
        var (parts, total) = (new List<PartETag>(), 0L);
        for (; length > 0; length = await FillAsync(content, cancellationToken))
        {
            using var body = new MemoryStream(_part, 0, length, writable: false);
            var part = await bucket.AskAsync(
                s3 => s3.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = bucket.Settings.Bucket, Key = name, UploadId = id, PartNumber = parts.Count + 1,
                        PartSize = body.Length, InputStream = body, UseChunkEncoding = false,
                    },
                    cancellationToken),
                cancellationToken);
            parts.Add(new PartETag(parts.Count + 1, part.ETag));
            total += length;
        }

        await bucket.AskAsync(
            s3 => s3.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = bucket.Settings.Bucket, Key = name, UploadId = id, PartETags = parts },
                cancellationToken),
            cancellationToken);
        return total;
    }

    // The caller may have cancelled; the parts must not stay behind for that. An unavailable server keeps them: docs/adapters/s3.md has the
    // rule that removes those.
    private async Task AbortAsync(string id)
    {
        try
        {
            await bucket.AskAsync(
                s3 => s3.AbortMultipartUploadAsync(bucket.Settings.Bucket, name, id, CancellationToken.None), CancellationToken.None);
        }
        catch (Exception e) when (e is StoreUnavailableException or Amazon.S3.AmazonS3Exception)
        {
            // What went wrong first is what the caller hears of.
        }
    }

    private async ValueTask<int> FillAsync(Stream content, CancellationToken cancellationToken) =>
        await content.ReadAtLeastAsync(
            _part.AsMemory(0, bucket.Settings.Part), bucket.Settings.Part, throwOnEndOfStream: false, cancellationToken);
}
