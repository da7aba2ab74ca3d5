using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Otlp;

/// <summary>Whether the collector takes what it is sent, and how much it never got. Safe from any thread.</summary>
internal sealed partial class Delivery(OtlpSettings settings, IMeterFactory meters, IServiceProvider services) : IExternalDependency
{
    private readonly Counter<long> _dropped = meters.Create($"{Meters.Prefix}.Telemetry").CreateCounter<long>(
        "monolith.telemetry.dropped", "{item}", "Spans and lines of the log that the collector never got");

    // Asked for later: this is made while logging itself is.
    private readonly Lazy<ILogger> _log = new(() => services.GetRequiredService<ILogger<Delivery>>());

    private volatile string? _fault;

    public string Port => Kernel.Adapters.Port.Telemetry.Name;

    public string? Fault => _fault;

    /// <summary>Counts what was dropped.</summary>
    public void Drop(string signal, long count) => _dropped.Add(count, new KeyValuePair<string, object?>("signal", signal));

    /// <summary>Notes how a request to the collector ended.</summary>
    /// <param name="reason">Why it did not take it; null when it did.</param>
    public void Note(string? reason)
    {
        var (former, fault) = (_fault, reason is null ? null : $"the collector {settings} does not take telemetry: {reason}");
        _fault = fault;
        if (former is null && fault is not null)
        {
            LogLost(_log.Value, $"{settings}", reason!); // As fault.
        }
        else if (former is not null && fault is null)
        {
            LogBack(_log.Value, $"{settings}");
        }
    }

    [LoggerMessage(LogLevel.Warning, "The collector {Collector} does not take telemetry, what it does not get is dropped: {Reason}")]
    private static partial void LogLost(ILogger log, string collector, string reason);

    [LoggerMessage(LogLevel.Information, "The collector {Collector} takes telemetry again")]
    private static partial void LogBack(ILogger log, string collector);
}
