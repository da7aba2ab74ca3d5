using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Monolith.Kernel.Telemetry;

/// <summary>Knows every background loop of this process, when it last gave a sign of life and how far behind it is.</summary>
public sealed class Heartbeats : IDisposable
{
    private readonly ConcurrentDictionary<string, Heartbeat> _all = new(StringComparer.Ordinal);
    private readonly Meter _meter = new($"{Meters.Prefix}.Loops");
    private readonly TimeProvider _clock;

    /// <param name="clock">Tells the time.</param>
    public Heartbeats(TimeProvider clock)
    {
        _clock = clock;
        _meter.CreateObservableGauge("monolith.loop.silence", () => Measure(h => h.Silence.TotalSeconds), "s", "Time since a background loop gave a sign of life");
        _meter.CreateObservableGauge("monolith.loop.lag", () => Measure(h => h.Lag), null, "How far a background loop is behind");
    }

    /// <summary>Every loop, by name.</summary>
    public IEnumerable<Heartbeat> All => _all.Values.OrderBy(h => h.Loop, StringComparer.Ordinal);

    /// <summary>Registers a loop, or takes over the registration of its former run.</summary>
    /// <param name="loop">Its name.</param>
    /// <param name="limit">After how long without a beat it counts as dead.</param>
    public Heartbeat Of(string loop, TimeSpan limit) => _all.GetOrAdd(loop, name => new Heartbeat(name, limit, _clock));

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<T>> Measure<T>(Func<Heartbeat, T> value)
        where T : struct => All.Select(h => new Measurement<T>(value(h), new KeyValuePair<string, object?>("loop", h.Loop)));
}

/// <summary>The pulse of one loop.</summary>
public sealed class Heartbeat
{
    private readonly TimeProvider _clock;
    private long _last;
    private long _lag;

    internal Heartbeat(string loop, TimeSpan limit, TimeProvider clock)
    {
        (Loop, Limit, _clock) = (loop, limit, clock);
        Beat();
    }

    /// <summary>Name of the loop.</summary>
    public string Loop { get; }

    /// <summary>After how long without a beat it counts as dead.</summary>
    public TimeSpan Limit { get; }

    /// <summary>How far it is behind, measured against something that the loop itself does not control (the head of the log); in the loop's unit.</summary>
    public long Lag
    {
        get => Interlocked.Read(ref _lag);
        set => Interlocked.Exchange(ref _lag, value);
    }

    /// <summary>How long ago it last gave a sign of life.</summary>
    public TimeSpan Silence => _clock.GetElapsedTime(Interlocked.Read(ref _last));

    /// <summary>Whether it gave a sign of life within its limit.</summary>
    public bool IsAlive => Silence <= Limit;

    /// <summary>Gives a sign of life.</summary>
    public void Beat() => Interlocked.Exchange(ref _last, _clock.GetTimestamp());
}
