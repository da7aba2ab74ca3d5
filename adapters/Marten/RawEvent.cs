using System.Buffers.Binary;
using JasperFx.Events;

namespace Monolith.Adapters.Marten;

/// <summary>An event as bytes: Marten's JSON would keep neither its spacing nor a character 0, and its hash could not be proved.</summary>
/// <remarks>
/// In <c>bdata</c>, numbers big-endian: format (1 byte, 1), bucket (4 bytes), time in Unix milliseconds (8 bytes), length of the meta data
/// (4 bytes), meta data, data.
/// </remarks>
internal sealed record RawEvent(Bucket Bucket, DateTimeOffset At, ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Meta)
{
    private const byte Format = 1;
    private const int MetaAt = 17;

    /// <summary>Reads what Marten stored.</summary>
    public static RawEvent Unpack(byte[] bytes)
    {
        if (bytes is not [Format, ..])
        {
            throw new InvalidDataException("An event in marten.mt_events is not in the format of this program.");
        }

        var meta = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(13));
        return new RawEvent(
            Bucket.FromCode(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1))),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(5))),
            bytes.AsMemory(MetaAt + meta), bytes.AsMemory(MetaAt, meta));
    }

    /// <summary>Makes what Marten stores.</summary>
    public byte[] Pack()
    {
        var bytes = new byte[MetaAt + Meta.Length + Data.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), Bucket.Code);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(5), At.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(13), Meta.Length);
        Meta.Span.CopyTo(bytes.AsSpan(MetaAt));
        Data.Span.CopyTo(bytes.AsSpan(MetaAt + Meta.Length));
        return bytes;
    }
}

/// <summary>How Marten writes and reads such an event.</summary>
internal sealed class RawSerializer : IEventBinarySerializer
{
    /// <inheritdoc />
    public byte[] Serialize(Type type, object data) => ((RawEvent)data).Pack();

    /// <inheritdoc />
    public object Deserialize(Type type, byte[] data) => RawEvent.Unpack(data);
}
