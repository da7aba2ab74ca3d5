using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace Monolith.Adapters.S3;

/// <summary>Keeps each blob as an object of a bucket.</summary>
internal sealed class S3BlobStore(S3Bucket bucket) : IBlobStore, IDisposable
{
    private readonly SemaphoreSlim _uploads = new(bucket.Settings.Uploads);

    /// <inheritdoc />
    public async ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        await _uploads.WaitAsync(cancellationToken); // Each holds a part in memory.
        try
        {
            using var upload = new S3Upload(bucket, name);
            return await upload.RunAsync(content, cancellationToken);
        }
        finally
        {
            _uploads.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        try
        {
            return await S3Object.OpenAsync(bucket, name, cancellationToken);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsGone(e))
        {
            return null;
        }
    }

    /// <inheritdoc />
    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        await bucket.AskAsync(s3 => s3.DeleteObjectAsync(bucket.Settings.Bucket, name, cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Uri?> LinkAsync(string key, string contentType, string name, CancellationToken cancellationToken) =>
        bucket.Settings.Links is null ? null : await bucket.LinkAsync(NameOf(key), contentType, name);

    /// <inheritdoc />
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = bucket.Settings.Bucket, Prefix = bucket.Settings.Prefix + prefix };
        do
        {
            var page = await bucket.AskAsync(s3 => s3.ListObjectsV2Async(request, cancellationToken), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return found.Key[bucket.Settings.Prefix.Length..];
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc />
    public void Dispose() => _uploads.Dispose();

    private string NameOf(string key) => bucket.Settings.Prefix + BlobKeys.Check(key);
}
