using System.Security.Cryptography;

namespace Monolith.Media;

/// <summary>
/// What comes in, hashed and counted on its way to the disk. Reading beyond the limit throws, so that nothing of it is kept.
/// </summary>
/// <param name="head">What was read from the source already.</param>
/// <param name="rest">The source; not disposed of.</param>
/// <param name="limit">In bytes.</param>
internal sealed class Intake(ReadOnlyMemory<byte> head, Stream rest, long limit) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ReadOnlyMemory<byte> _head = head;
    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    /// <summary>SHA-256 of what was read, as hexadecimal digits. Ends the hash: ask once, at the end.</summary>
    public string TakeHash() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <exception cref="IntakeTooLargeException">There is more than the limit.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = TakeHead(buffer.Span);
        if (read == 0)
        {
            read = await rest.ReadAsync(buffer, cancellationToken);
        }

        _hash.AppendData(buffer.Span[..read]);
        _count += read;
        return _count <= limit ? read : throw new IntakeTooLargeException();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }

    private int TakeHead(Span<byte> buffer)
    {
        var length = Math.Min(_head.Length, buffer.Length);
        _head.Span[..length].CopyTo(buffer);
        _head = _head[length..];
        return length;
    }
}

/// <summary>Ends an upload that is too large, from within the blob store's reading.</summary>
internal sealed class IntakeTooLargeException : Exception;
