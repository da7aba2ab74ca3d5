using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace Monolith.Adapters.Otlp;

/// <summary>Collects spans into batches; what finds the queue full is dropped, and no request ever waits.</summary>
internal sealed class TraceQueue : BatchActivityExportProcessor
{
    private readonly Room _room;

    public TraceQueue(OtlpSettings settings, Delivery delivery)
        : this(settings, new Room("traces", settings.Queue, delivery), delivery)
    {
    }

    private TraceQueue(OtlpSettings settings, Room room, Delivery delivery)
        : base(
            new Exporter(OtlpServices.OptionsOf(settings, delivery, "traces"), room), settings.Queue,
            (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds, Room.BatchOf(settings.Queue)) =>
        _room = room;

    public override void OnEnd(Activity data)
    {
        if (data.Recorded && _room.TryEnter())
        {
            SpanTags.Clean(data);
            base.OnEnd(data);
        }
    }

    private sealed class Exporter(OtlpExporterOptions options, Room room) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<Activity> activityBatch)
        {
            var (count, result) = (activityBatch.Count, base.Export(activityBatch));
            room.Leave(count, result == ExportResult.Success);
            return result;
        }
    }
}
