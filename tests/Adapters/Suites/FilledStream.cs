namespace Monolith.Adapters.Tests.Suites;

/// <summary>So many bytes, and then something happens.</summary>
internal sealed class FilledStream(long length, Func<CancellationToken, Task> atEnd) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, length - Position);
        if (count == 0)
        {
            await atEnd(cancellationToken);
        }

        buffer.Span[..count].Fill((byte)'x');
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();
}
