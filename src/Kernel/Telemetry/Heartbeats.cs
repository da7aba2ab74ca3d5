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
        _meter.CreateObservableGauge(
            "monolith.loop.silence", () => Measure(h => h.Silence.TotalSeconds), "s", "Time since a background loop gave a sign of life");
        _meter.CreateObservableGauge(
            "monolith.loop.stalled", () => Measure(h => h.Stalled.TotalSeconds), "s",
            "For how long a loop has been behind its log without getting any further");
        _meter.CreateObservableGauge("monolith.loop.lag", () => Measure(h => h.Lag), null, "How far a background loop is behind");
    }

    /// <summary>Every loop, by name.</summary>
    public IEnumerable<Heartbeat> All => _all.Values.OrderBy(h => h.Loop, StringComparer.Ordinal);

    /// <summary>Registers a loop, or takes over the registration of its former run.</summary>
    /// <param name="loop">Its name.</param>
    /// <param name="limit">After how long without a beat it counts as dead.</param>
    /// <param name="shard">Number of the shard whose log it follows; null when it follows none.</param>
    public Heartbeat Of(string loop, TimeSpan limit, int? shard = null) =>
        _all.GetOrAdd(loop, name => new Heartbeat(name, limit, shard, _clock));

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
    private long _position = -1;
    private long _measured = -1;
    private long _movedAt;

    internal Heartbeat(string loop, TimeSpan limit, int? shard, TimeProvider clock)
    {
        (Loop, Limit, Shard, _clock) = (loop, limit, shard, clock);
        _movedAt = clock.GetTimestamp();
        Beat();
    }

    /// <summary>Name of the loop.</summary>
    public string Loop { get; }

    /// <summary>After how long without a beat it counts as dead, and after how long behind without progress as stuck.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Number of the shard whose log it follows; null when it follows none.</summary>
    public int? Shard { get; }

    /// <summary>
    /// How far it is behind, measured against something that the loop itself does not control (the head of the log); in the loop's unit.
    /// </summary>
    public long Lag
    {
        get => Interlocked.Read(ref _lag);
        set => Interlocked.Exchange(ref _lag, value);
    }

    /// <summary>How far it came, for a loop that follows a log; null while it follows none, because another node does.</summary>
    public long? Position
    {
        get => Interlocked.Read(ref _position) is var position and >= 0 ? position : null;
        set => Interlocked.Exchange(ref _position, value ?? -1);
    }

    /// <summary>How long ago it last gave a sign of life.</summary>
    public TimeSpan Silence => _clock.GetElapsedTime(Interlocked.Read(ref _last));

    /// <summary>Whether it gave a sign of life within its limit.</summary>
    public bool IsAlive => Silence <= Limit;

    /// <summary>
    /// For how long it has been behind without getting any further, as far as <see cref="Measure"/> saw; zero when it is not.
    /// </summary>
    public TimeSpan Stalled => Lag == 0 || Position is null ? TimeSpan.Zero : _clock.GetElapsedTime(Interlocked.Read(ref _movedAt));

    /// <summary>Whether it has been behind for its limit without getting any further, though it may well give signs of life.</summary>
    public bool IsStuck => Stalled > Limit;

    /// <summary>Gives a sign of life.</summary>
    public void Beat() => Interlocked.Exchange(ref _last, _clock.GetTimestamp());

    /// <summary>Compares how far it came with how far its log is. Called from outside of the loop, now and then.</summary>
    public void Measure(long head)
    {
        var position = Position ?? head;
        Lag = Math.Max(0, head - position);
        if (Lag == 0 || Interlocked.Exchange(ref _measured, position) != position)
        {
            Interlocked.Exchange(ref _movedAt, _clock.GetTimestamp());
        }
    }
}
