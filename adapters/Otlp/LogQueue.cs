using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Monolith.Adapters.Otlp;

/// <summary>Collects lines of the log into batches; what finds the queue full is dropped.</summary>
internal sealed class LogQueue : BatchLogRecordExportProcessor
{
    private readonly Room _room;

    public LogQueue(OtlpSettings settings, Delivery delivery, BaseExporter<LogRecord> exporter)
        : this(settings, new Room("logs", settings.Queue, delivery), exporter)
    {
    }

    private LogQueue(OtlpSettings settings, Room room, BaseExporter<LogRecord> exporter)
        : base(
            new Counted(exporter, room), settings.Queue,
            (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds, Room.BatchOf(settings.Queue)) =>
        _room = room;

    public override void OnEnd(LogRecord data)
    {
        if (_room.TryEnter())
        {
            base.OnEnd(data);
        }
    }

    // The exporter cannot be derived from, as that of spans can.
    private sealed class Counted(BaseExporter<LogRecord> exporter, Room room) : BaseExporter<LogRecord>
    {
        public override ExportResult Export(in Batch<LogRecord> batch)
        {
            var (count, result) = (batch.Count, exporter.Export(batch));
            room.Leave(count, result == ExportResult.Success);
            return result;
        }
    }
}

/// <summary>
/// Owns an exporter to which another one passes on: it gets to know its provider, whose resource it sends, and is shut down.
/// </summary>
internal sealed class LogExporterOwner(BaseExporter<LogRecord> exporter) : BaseExportProcessor<LogRecord>(exporter)
{
    protected override void OnExport(LogRecord data)
    {
    }
}
