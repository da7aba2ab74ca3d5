using System.Buffers;
using System.Text.Json;

namespace Monolith.Kernel.Sealing;

/// <summary>Seals and opens fields of an event's JSON. Knows nothing of types, so it works on events of every age.</summary>
internal static class SealedJson
{
    /// <summary>Finds the one whose key opens the sealed fields; null when there are none. Costs one look through the bytes.</summary>
    public static Guid? SubjectOf(ReadOnlySpan<byte> json)
    {
        var start = json.IndexOf("\"~p1"u8);
        return start < 0 ? null : SealedText.Parse(TextAt(json[(start + 1)..])).Subject;
    }

    /// <summary>Seals fields by name.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> json, IReadOnlySet<string> names, Guid eventId, SubjectKey key) =>
        Rewrite(json, (name, value, writer) =>
        {
            if (!names.Contains(name) || value.SequenceEqual("null"u8))
            {
                return false;
            }

            writer.WriteStringValue(key.Seal(value[0] == '"' ? SealedText.String : SealedText.Value, PlaceOf(eventId, name), value));
            return true;
        });

    /// <summary>Opens every sealed field; without the key a string becomes empty and anything else null.</summary>
    public static byte[] Open(ReadOnlySpan<byte> json, Guid eventId, SubjectKey? key) =>
        Rewrite(json, (name, value, writer) =>
        {
            if (value[0] != '"' || !SealedText.IsIn(value[1..]))
            {
                return false;
            }

            var text = SealedText.Parse(value[1..^1]);
            writer.WriteRawValue(
                key?.Open(text, PlaceOf(eventId, name)) ?? (text.Form == SealedText.String ? "\"\""u8 : "null"u8),
                skipInputValidation: true);
            return true;
        });

    private delegate bool Change(string name, ReadOnlySpan<byte> value, Utf8JsonWriter writer);

    private static byte[] Rewrite(ReadOnlySpan<byte> json, Change change)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length * 2);
        using var writer = new Utf8JsonWriter(buffer);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        writer.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!; // a property has a name
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];
            writer.WritePropertyName(name);
            if (!change(name, value, writer))
            {
                writer.WriteRawValue(value, skipInputValidation: true);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<byte> TextAt(ReadOnlySpan<byte> json) => json.IndexOf((byte)'"') is > 0 and var end ? json[..end] : json;

    private static string PlaceOf(Guid eventId, string name) => $"event/{eventId}/{name}";
}
