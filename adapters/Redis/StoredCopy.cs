using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Monolith.Adapters.Redis;

/// <summary>How entries and the stamps of tags are written down in Redis.</summary>
/// <remarks>
/// An entry: a byte for the format, shard (4 bytes), position (8), number of tags (2), each with its length (2) in UTF-8, then the value.
/// A stamp: <c>shard:position</c>.
/// </remarks>
internal static class StoredCopy
{
    private const byte Format = 1;
    private const int Head = 1 + 4 + 8 + 2;

    public static byte[] Write(CacheEntry entry)
    {
        var bytes = new byte[Head + entry.Tags.Sum(tag => 2 + Encoding.UTF8.GetByteCount(tag)) + entry.Value.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), entry.Position.Shard);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(5), entry.Position.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(13), checked((ushort)entry.Tags.Count));
        var at = Head;
        foreach (var tag in entry.Tags)
        {
            var length = Encoding.UTF8.GetBytes(tag, bytes.AsSpan(at + 2));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), checked((ushort)length));
            at += 2 + length;
        }

        entry.Value.CopyTo(bytes, at);
        return bytes;
    }

    /// <summary>Null for what another version of this program, or somebody else, has written there.</summary>
    public static CacheEntry? Read(byte[] bytes)
    {
        if (bytes.Length < Head || bytes[0] != Format)
        {
            return null;
        }

        var tags = new string[BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(13))];
        var at = Head;
        for (var i = 0; i < tags.Length; i++)
        {
            if (at + 2 > bytes.Length || at + 2 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) is var end && end > bytes.Length)
            {
                return null;
            }

            tags[i] = Encoding.UTF8.GetString(bytes.AsSpan((at + 2)..end));
            at = end;
        }

        var position = new LogPosition(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(1)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(5)));
        return new CacheEntry(bytes[at..], position, tags);
    }

    public static string WriteStamp(LogPosition position) => string.Create(CultureInfo.InvariantCulture, $"{position.Shard}:{position.Value}");

    /// <summary>Null for what is none.</summary>
    public static LogPosition? ReadStamp(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int shard, out var length) && length < text.Length && text[length] == (byte)':'
            && Utf8Parser.TryParse(text[(length + 1)..], out long value, out var rest) && length + 1 + rest == text.Length ? new LogPosition(shard, value) : null;
}
