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
    private const int Head = 1 + 4 + 8;

    public static byte[] Write(CacheEntry entry, WrittenTags tags)
    {
        var bytes = new byte[Head + tags.Bytes.Length + entry.Value.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), entry.Position.Shard);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(5), entry.Position.Value);
        tags.Bytes.CopyTo(bytes, Head);
        entry.Value.CopyTo(bytes, Head + tags.Bytes.Length);
        return bytes;
    }

    /// <summary>Null for what another version, or another program, has written there.</summary>
    /// <param name="bytes">What was found.</param>
    /// <param name="expected">The tags it probably has; it gets these very ones when it does, which spares reading them.</param>
    public static CacheEntry? Read(byte[] bytes, WrittenTags expected)
    {
        if (bytes.Length < Head || bytes[0] != Format)
        {
            return null;
        }

        var isExpected = bytes.AsSpan(Head).StartsWith(expected.Bytes);
        var (tags, end) = isExpected ? (expected.Tags, Head + expected.Bytes.Length) : ReadTags(bytes);
        var position = new LogPosition(
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(1)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(5)));
        return tags is null ? null : new CacheEntry(bytes[end..], position, tags);
    }

    public static string WriteStamp(LogPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.Shard}:{position.Value}");

    /// <summary>Null for what is none.</summary>
    public static LogPosition? ReadStamp(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int shard, out var length) && length < text.Length && text[length] == (byte)':'
            && Utf8Parser.TryParse(text[(length + 1)..], out long value, out var rest) && length + 1 + rest == text.Length
                ? new LogPosition(shard, value)
                : null;

    private static (IReadOnlyList<string>? Tags, int End) ReadTags(byte[] bytes)
    {
        if (bytes.Length < Head + 2)
        {
            return default;
        }

        var tags = new string[BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(Head))];
        var at = Head + 2;
        for (var i = 0; i < tags.Length; i++)
        {
            if (at + 2 > bytes.Length || at + 2 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) is var end
                && end > bytes.Length)
            {
                return default;
            }

            tags[i] = Encoding.UTF8.GetString(bytes.AsSpan((at + 2)..end));
            at = end;
        }

        return (tags, at);
    }
}

/// <summary>Tags, and how they are written down in an entry.</summary>
/// <param name="Tags">In their order.</param>
/// <param name="Bytes">Their number, and each with its length before it.</param>
internal sealed record WrittenTags(IReadOnlyList<string> Tags, byte[] Bytes)
{
    public static WrittenTags Of(IReadOnlyList<string> tags)
    {
        var bytes = new byte[2 + tags.Sum(tag => 2 + Encoding.UTF8.GetByteCount(tag))];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)tags.Count));
        var at = 2;
        foreach (var tag in tags)
        {
            var length = Encoding.UTF8.GetBytes(tag, bytes.AsSpan(at + 2));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), checked((ushort)length));
            at += 2 + length;
        }

        return new WrittenTags(tags, bytes);
    }
}
