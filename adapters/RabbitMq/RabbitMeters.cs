using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Monolith.Adapters.RabbitMq;

/// <summary>The instruments of this adapter. Names are surface: dashboards, alerts and autoscalers rely on them.</summary>
internal sealed class RabbitMeters
{
    private readonly Counter<long> _published;
    private readonly Counter<long> _taken;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _unreadable;
    private readonly ConcurrentDictionary<(string Kind, string Place), long> _depths = new();

    /// <summary>Name of the meter.</summary>
    public const string Name = $"{Meters.Prefix}.Queue";

    /// <param name="meter">Where they are.</param>
    public RabbitMeters(Meter meter)
    {
        _published = meter.CreateCounter<long>("monolith.queue.published", "{message}", "Messages that the broker confirmed");
        _taken = meter.CreateCounter<long>("monolith.queue.taken", "{message}", "Messages taken by this process, by where from");
        _stale = meter.CreateCounter<long>(
            "monolith.queue.stale", "{message}",
            "Copies that came from the broker when the message was taken, deferred or settled already");
        _unreadable = meter.CreateCounter<long>(
            "monolith.queue.unreadable", "{message}", "Messages that could not be read and went to the dead-letter queue");
        meter.CreateObservableGauge(
            "monolith.queue.depth", Depths, "{message}", "Messages that are due and wait for a worker, by where they lie");
    }

    /// <summary>Counts what was confirmed.</summary>
    public void Published(string kind, int count) => _published.Add(count, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>Counts what was taken.</summary>
    /// <param name="place"><c>broker</c> or <c>store</c>.</param>
    /// <param name="count">How many.</param>
    public void Taken(string place, int count) => _taken.Add(count, new KeyValuePair<string, object?>("place", place));

    /// <summary>Counts copies that were of no use.</summary>
    public void Stale(int count) => _stale.Add(count);

    /// <summary>Counts one that is none.</summary>
    public void Unreadable() => _unreadable.Add(1);

    /// <summary>Notes how many wait.</summary>
    /// <param name="kind">Which kind.</param>
    /// <param name="place"><c>store</c>: due and not sent; <c>broker</c>: sent and not delivered.</param>
    /// <param name="count">How many.</param>
    public void Depth(string kind, string place, long count) => _depths[(kind, place)] = count;

    private IEnumerable<Measurement<long>> Depths() =>
        _depths.Select(
            d => new Measurement<long>(d.Value, new("kind", d.Key.Kind), new KeyValuePair<string, object?>("place", d.Key.Place)));
}
