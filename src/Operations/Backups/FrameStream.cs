using System.Security.Cryptography;

namespace Monolith.Operations.Backups;

/// <summary>Reads a stream frame by frame, sealing or opening each on the way.</summary>
internal abstract class FrameStream(Stream inner, int frameSize) : Stream
{
    // One frame ahead, because the last one is marked.
    private byte[] _next = new byte[frameSize];
    private byte[] _frame = new byte[frameSize];
    private int _nextLength = -1;
    private long _index;
    private ReadOnlyMemory<byte> _ready;
    private bool _isAtEnd;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    protected Stream Inner => inner;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.IsEmpty && !_isAtEnd)
        {
            await AdvanceAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, _ready.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
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

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>What comes before the first frame; empty when nothing does.</summary>
    protected abstract ValueTask<ReadOnlyMemory<byte>> BeginAsync(CancellationToken cancellationToken);

    protected abstract ReadOnlyMemory<byte> Turn(long index, bool isLast, ReadOnlySpan<byte> frame);

    private async Task AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_nextLength < 0)
        {
            _ready = await BeginAsync(cancellationToken);
            _nextLength = await inner.ReadAtLeastAsync(_next, frameSize, throwOnEndOfStream: false, cancellationToken);
            return;
        }

        (_frame, _next) = (_next, _frame);
        var length = _nextLength;
        _nextLength = length < frameSize ? 0 : await inner.ReadAtLeastAsync(_next, frameSize, throwOnEndOfStream: false, cancellationToken);
        _isAtEnd = _nextLength == 0;
        _ready = Turn(_index++, _isAtEnd, _frame.AsSpan(0, length));
    }
}

/// <summary>Reads a stream sealed.</summary>
internal sealed class SealingStream(Stream inner, byte[] key, string name) : FrameStream(inner, Sealer.FrameSize)
{
    private readonly byte[] _box = new byte[Sealer.FrameSize + Sealer.TagSize];
    private Sealer? _sealer;

    protected override ValueTask<ReadOnlyMemory<byte>> BeginAsync(CancellationToken cancellationToken)
    {
        var header = RandomNumberGenerator.GetBytes(Sealer.HeaderSize);
        _sealer = new Sealer(key, name, header);
        return new(header);
    }

    protected override ReadOnlyMemory<byte> Turn(long index, bool isLast, ReadOnlySpan<byte> frame)
    {
        _sealer!.Seal(index, isLast, frame, _box); // made by BeginAsync
        return _box.AsMemory(0, frame.Length + Sealer.TagSize);
    }

    protected override void Dispose(bool disposing)
    {
        _sealer?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Reads what a <see cref="SealingStream"/> gave.</summary>
internal sealed class OpeningStream(Stream inner, byte[] key, string name) : FrameStream(inner, Sealer.FrameSize + Sealer.TagSize)
{
    private readonly byte[] _open = new byte[Sealer.FrameSize];
    private Sealer? _sealer;

    protected override async ValueTask<ReadOnlyMemory<byte>> BeginAsync(CancellationToken cancellationToken)
    {
        var header = new byte[Sealer.HeaderSize];
        await Inner.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
        _sealer = new Sealer(key, name, header);
        return default;
    }

    /// <exception cref="InvalidDataException">It was changed, or cut off, or sealed with another key.</exception>
    protected override ReadOnlyMemory<byte> Turn(long index, bool isLast, ReadOnlySpan<byte> frame)
    {
        try
        {
            if (frame.Length < Sealer.TagSize)
            {
                throw new AuthenticationTagMismatchException();
            }

            _sealer!.Open(index, isLast, frame, _open); // made by BeginAsync
            return _open.AsMemory(0, frame.Length - Sealer.TagSize);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new InvalidDataException($"{name} is not as it was sealed", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _sealer?.Dispose();
        base.Dispose(disposing);
    }
}
