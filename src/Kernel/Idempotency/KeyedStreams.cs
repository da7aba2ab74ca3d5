using System.Buffers;
using System.Security.Cryptography;

namespace Monolith.Kernel.Idempotency;

/// <summary>The body of a request, hashed on its way. Nothing is buffered.</summary>
/// <param name="inner">The body; not disposed of.</param>
/// <param name="hash">Begun with what the request says besides its body; disposed of with this.</param>
internal sealed class HashedBody(Stream inner, IncrementalHash hash) : OneWayStream
{
    private byte[]? _finished;

    public override bool CanRead => true;

    /// <summary>Reads what was not read yet, and gives the hash of all of it.</summary>
    public async ValueTask<byte[]> FinishAsync(CancellationToken cancellationToken)
    {
        if (_finished is null)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(16 << 10);
            while (await ReadAsync(buffer, cancellationToken) > 0)
            {
                // Reading is all that is needed.
            }

            ArrayPool<byte>.Shared.Return(buffer);
            _finished = hash.GetHashAndReset();
        }

        return _finished;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        hash.AppendData(buffer.Span[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>An answer, held back until it is stored. One that is larger than the limit goes to the client as it is written.</summary>
/// <param name="client">Where answers go; not disposed of.</param>
internal sealed class HeldAnswer(Stream client) : OneWayStream
{
    private const int Limit = 1 << 20;

    private readonly MemoryStream _held = new();

    public override bool CanWrite => true;

    /// <summary>Whether the client has none of it yet.</summary>
    public bool IsHeld { get; private set; } = true;

    /// <summary>All of it, while it is held.</summary>
    public byte[] ToArray() => _held.ToArray();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (IsHeld && _held.Length + buffer.Length <= Limit)
        {
            _held.Write(buffer.Span);
            return;
        }

        if (IsHeld)
        {
            IsHeld = false;
            await client.WriteAsync(_held.ToArray(), cancellationToken);
        }

        await client.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        IsHeld ? Task.CompletedTask : client.FlushAsync(cancellationToken);
}

/// <summary>A stream that goes one way and cannot seek.</summary>
internal abstract class OneWayStream : Stream
{
    public override bool CanRead => false;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
