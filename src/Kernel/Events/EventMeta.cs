using System.Buffers;
using System.Diagnostics;
using System.Text.Json;

namespace Monolith.Kernel.Events;

/// <summary>
/// Writes what is kept with an event beside its data: for the reader who asks later how it came about. No part of the hash chain.
/// </summary>
internal static class EventMeta
{
    /// <summary>
    /// Writes a JSON object with what there is of <c>actor</c>, <c>trace</c> and <c>of</c>; empty where there is nothing.
    /// </summary>
    /// <param name="actor">Who acted; null when that is not known.</param>
    /// <param name="first">
    /// The first event of the same commit, so that a reader can tell what was one commit; null in that event itself.
    /// </param>
    public static byte[] Write(Guid? actor, Guid? first)
    {
        var trace = Activity.Current?.TraceId.ToHexString();
        if (actor is null && trace is null && first is null)
        {
            return [];
        }

        var bytes = new ArrayBufferWriter<byte>(160); // All three fit.
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (actor is { } a)
            {
                json.WriteString("actor"u8, a);
            }

            if (trace is not null)
            {
                json.WriteString("trace"u8, trace);
            }

            if (first is { } f)
            {
                json.WriteString("of"u8, f);
            }

            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
