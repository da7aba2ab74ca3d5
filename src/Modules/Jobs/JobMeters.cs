using System.Diagnostics.Metrics;

namespace Monolith.Jobs;

/// <summary>The instruments of this module. Names are surface: dashboards and alerts rely on them.</summary>
internal static class JobMeters
{
    private static readonly Meter _meter = new($"{Meters.Prefix}.Jobs");

    private static readonly Counter<long> _started = _meter.CreateCounter<long>("monolith.jobs.started", "{attempt}", "Attempts begun");

    private static readonly Counter<long> _ended = _meter.CreateCounter<long>(
        "monolith.jobs.ended", "{attempt}", "Attempts ended, by outcome");

    private static readonly Histogram<double> _duration = _meter.CreateHistogram<double>(
        "monolith.jobs.duration", "s", "Duration of attempts");

    private static readonly Histogram<double> _wait = _meter.CreateHistogram<double>(
        "monolith.jobs.wait", "s", "Time from falling due to being begun");

    /// <param name="type">Name of the job's type.</param>
    /// <param name="wait">How long it was due.</param>
    public static void Begin(string type, TimeSpan wait)
    {
        _started.Add(1, new KeyValuePair<string, object?>("type", type));
        _wait.Record(Math.Max(0, wait.TotalSeconds), new KeyValuePair<string, object?>("type", type));
    }

    /// <param name="type">Name of the job's type.</param>
    /// <param name="outcome"><c>succeeded</c>, <c>failed</c>, <c>died</c>, <c>interrupted</c> or <c>lost</c>.</param>
    /// <param name="duration">Of the attempt.</param>
    public static void End(string type, string outcome, TimeSpan duration)
    {
        _ended.Add(1, new("type", type), new("outcome", outcome));
        _duration.Record(duration.TotalSeconds, new("type", type), new("outcome", outcome));
    }
}
