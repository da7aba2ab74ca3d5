using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Events;

/// <summary>
/// Writes what is kept with an event beside its data: for the reader who asks later how it came about. No part of the hash chain.
/// </summary>
internal static class EventMeta
{
    /// <summary>
    /// Writes a JSON object with what there is of <c>actor</c>, <c>trace</c>, <c>span</c> and <c>of</c>; empty where there is nothing.
    /// </summary>
    /// <param name="actor">Who acted; null when that is not known.</param>
    /// <param name="first">
    /// The first event of the same commit, so that a reader can tell what was one commit; null in that event itself.
    /// </param>
    public static byte[] Write(Guid? actor, Guid? first)
    {
        var current = Activity.Current;
        var trace = current?.TraceId.ToHexString();
        if (actor is null && trace is null && first is null)
        {
            return [];
        }

        var bytes = new ArrayBufferWriter<byte>(192); // All four fit.
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

            // Only of a trace that is exported: it tells the reactions that theirs are, and below which span.
            if (TraceParent.IsRecorded(current))
            {
                json.WriteString("span"u8, current.SpanId.ToHexString());
            }

            if (first is { } f)
            {
                json.WriteString("of"u8, f);
            }

            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Begins the trace of handling an event as a part of the trace that stored it; null where no trace is exported.</summary>
    /// <param name="name">What handles it.</param>
    /// <param name="meta">As it was stored.</param>
    public static Activity? StartHandling(string name, ReadOnlyMemory<byte> meta) =>
        Meters.Traces.HasListeners() ? Meters.Traces.StartActivity(name, ActivityKind.Consumer, ParentOf(meta)) : null;

    /// <summary>Tells the span that stored an event, as W3C Trace Context writes it; null where it is not exported.</summary>
    public static string? TraceParentOf(ReadOnlyMemory<byte> meta) =>
        ParentOf(meta) is { TraceFlags: ActivityTraceFlags.Recorded } parent
            ? $"00-{parent.TraceId.ToHexString()}-{parent.SpanId.ToHexString()}-01"
            : null;

    private static ActivityContext ParentOf(ReadOnlyMemory<byte> meta)
    {
        try
        {
            using var json = JsonDocument.Parse(meta.IsEmpty ? "{}"u8.ToArray() : meta);
            return TraceParent.Of(Text(json, "trace"), Text(json, "span"));
        }
        catch (JsonException)
        {
            return default; // For the reader only: an event is handled whatever this is.
        }
    }

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.ValueKind is JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var value)
            && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
