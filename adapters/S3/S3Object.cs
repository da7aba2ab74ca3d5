using Amazon.S3;
using Amazon.S3.Model;

namespace Monolith.Adapters.S3;

/// <summary>An object that is read as it comes; going elsewhere in it asks for that range, of the very same object.</summary>
internal sealed class S3Object : Stream
{
    private readonly S3Bucket _bucket;
    private readonly string _name;
    private readonly string _tag;
    private GetObjectResponse? _answer;
    private long _answered; // Position of the next byte of the answer.
    private long _position;

    private S3Object(S3Bucket bucket, string name, GetObjectResponse answer) =>
        (_bucket, _name, _answer, _tag, Length) = (bucket, name, answer, answer.ETag, answer.ContentLength);

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanSeek => true;

    /// <inheritdoc />
    public override bool CanWrite => false;

    /// <inheritdoc />
    public override long Length { get; }

    /// <inheritdoc />
    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <exception cref="AmazonS3Exception">There is none.</exception>
    public static async Task<S3Object> OpenAsync(S3Bucket bucket, string name, CancellationToken cancellationToken) =>
        new(
            bucket, name,
            await bucket.AskAsync(s3 => s3.GetObjectAsync(bucket.Settings.Bucket, name, cancellationToken), cancellationToken));

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin)
    {
        var position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length };
        ArgumentOutOfRangeException.ThrowIfNegative(position, nameof(offset));
        return _position = position;
    }

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        var answer = await AnswerAsync(cancellationToken);
        var read = await ReadAsync(answer, buffer, cancellationToken);
        _position += read;
        _answered += read;
        return read;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not meant to be used: a thread would wait for the network.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc />
    public override void Flush()
    {
    }

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _answer?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<GetObjectResponse> AnswerAsync(CancellationToken cancellationToken)
    {
        if (_answer is null || _answered != _position)
        {
            _answer?.Dispose();
            _answer = null;
            var request = new GetObjectRequest
            {
                BucketName = _bucket.Settings.Bucket, Key = _name, ByteRange = new ByteRange(_position, Length - 1), EtagToMatch = _tag,
            };
            try
            {
                _answer = await _bucket.AskAsync(s3 => s3.GetObjectAsync(request, cancellationToken), cancellationToken);
                _answered = _position;
            }
            catch (AmazonS3Exception e)
            {
                throw new IOException("The blob was replaced or deleted while it was read.", e);
            }
        }

        return _answer;
    }

    private async ValueTask<int> ReadAsync(GetObjectResponse answer, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // An answer that ends early must not look like the end of the blob.
        var read = await _bucket.AskAsync(async _ => await answer.ResponseStream.ReadAsync(buffer, cancellationToken), cancellationToken);
        return read > 0
            ? read
            : throw new StoreUnavailableException(
                $"The bucket {_bucket.Settings.Name} sent less than it had announced.", isFull: false, null);
    }
}
