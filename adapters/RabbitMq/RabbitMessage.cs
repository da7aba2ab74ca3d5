using System.Buffers.Binary;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>How a message looks on its way: its kind and id as properties, for people who look, and the rest before its body.</summary>
internal static class RabbitMessage
{
    private const byte Format = 1;

    // Format 1, id 16, place 4, lane 1, token 8.
    private const int Head = 30;

    /// <summary>Writes what goes before the body, and the body.</summary>
    public static byte[] Write(ReservedMessage message)
    {
        var bytes = new byte[Head + message.Body.Length];
        bytes[0] = Format;
        message.Id.TryWriteBytes(bytes.AsSpan(1), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(17), message.Bucket.Code);
        bytes[21] = (byte)message.Lane;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(22), message.Token);
        message.Body.CopyTo(bytes.AsSpan(Head));
        return bytes;
    }

    /// <summary>The properties: it survives the broker's restart.</summary>
    public static BasicProperties PropertiesOf(ReservedMessage message) => new()
    {
        Persistent = true,
        Type = message.Kind,
        MessageId = message.Id.ToString(),
    };

    /// <summary>Reads one; null when it is none of ours, or of a version that is not known yet.</summary>
    public static ReservedMessage? Read(IReadOnlyBasicProperties properties, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Head || bytes[0] != Format || properties.Type is not { Length: > 0 } kind)
        {
            return null;
        }

        var lane = bytes[21];
        return !Bucket.TryFromCode(BinaryPrimitives.ReadInt32BigEndian(bytes[17..]), out var bucket) || lane > 9
            ? null
            : new ReservedMessage(
            new Guid(bytes[1..17], bigEndian: true), kind, bucket, lane, bytes[Head..].ToArray(),
            BinaryPrimitives.ReadInt64BigEndian(bytes[22..]));
    }
}
