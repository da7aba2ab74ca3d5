using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Monolith.Kernel.Ports.Store;

/// <summary>
/// Links the events of a stream, so that none can be changed, dropped or moved unnoticed, and equal heads prove equal streams.
/// </summary>
/// <remarks>
/// head(n) = SHA-256(head(n-1), id, type, data), head(0) = 32 zero bytes. The id is 16 bytes in the order of its text; type (UTF-8) and
/// data each follow their length in bytes as a 32-bit big-endian number. Every store computes it like this, permanently.
/// </remarks>
public static class HashChain
{
    /// <summary>Length of a head, in bytes.</summary>
    public const int HeadSize = SHA256.HashSizeInBytes;

    /// <summary>Computes the head after one more event.</summary>
    /// <param name="head">The head before; replaced by the head after. 32 bytes, zeros before the first event.</param>
    /// <param name="id">Id of the event.</param>
    /// <param name="type">Name from the event catalog.</param>
    /// <param name="data">As stored.</param>
    public static void Advance(Span<byte> head, Guid id, string type, ReadOnlySpan<byte> data)
    {
        var typeSize = Encoding.UTF8.GetByteCount(type);
        var size = HeadSize + 16 + 4 + typeSize + 4 + data.Length;
        var rented = size > 1024 ? ArrayPool<byte>.Shared.Rent(size) : null;
        var bytes = rented is null ? stackalloc byte[size] : rented.AsSpan(0, size);

        head.CopyTo(bytes);
        var rest = bytes[HeadSize..];
        id.TryWriteBytes(rest, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(rest[16..], typeSize);
        Encoding.UTF8.GetBytes(type, rest[20..]);
        BinaryPrimitives.WriteInt32BigEndian(rest[(20 + typeSize)..], data.Length);
        data.CopyTo(rest[(24 + typeSize)..]);
        SHA256.HashData(bytes, head);

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
