using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// Keeps the views of a followed projection in one shard, and builds new ones beside them when that is asked for or the projection changed.
/// </summary>
/// <remarks>
/// Page by page: a page of events is folded in memory, and all views that it changed are stored together with the position, in one commit.
/// Live views come first; what is being built gets the time that is left.
/// </remarks>
internal sealed partial class ProjectionSubscription
{
    // Few commits, and yet a transaction of some tens of milliseconds at most: commits meanwhile wait that long.
    private const int PageSize = 4096;

    // How long events may gather before a page of them is read: a page of one event would cost the writer as much as a commit.
    private static readonly TimeSpan _gather = TimeSpan.FromMilliseconds(5);

    private readonly FollowedProjection _projection;
    private readonly Shard _shard;
    private readonly SubscriptionContext _context;
    private readonly EventCatalog _events;
    private readonly IReadOnlyList<string> _types;
    private readonly ProjectionLease _lease;
    private readonly Heartbeat _heartbeat;
    private readonly Dictionary<int, ViewFold> _folds = [];
    private DateTimeOffset _restUntil;
    private bool _isLiveBehind;

    public ProjectionSubscription(FollowedProjection projection, Shard shard, SubscriptionContext context, EventCatalog events)
    {
        (_projection, _shard, _context, _events) = (projection, shard, context, events);
        _types = [.. projection.Events.SelectMany(events.EveryNameOf)];
        _lease = new ProjectionLease(projection, shard, context, _folds.Clear);
        _heartbeat = context.Heartbeats.Of($"{projection.Name}/{shard.Number}", SubscriptionLoop.Silence, shard.Number);
    }

    private bool CanFollowLive => _lease.State.Live.Version == _projection.Version;

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again.</summary>
    public Task RunAsync(CancellationToken stopping) =>
        SubscriptionLoop.RunAsync(_projection.Name, FollowAsync, _lease.Lose, _lease.GiveBackAsync, _heartbeat, _context, stopping);

    /// <summary>Runs until the live views are at the head of the log, nothing is being built and nothing is left to delete.</summary>
    /// <param name="moved">Told after each step how far what is being built came, or the live views where nothing is.</param>
    /// <param name="cancellationToken">Cancels the call; what was done is kept.</param>
    /// <exception cref="TimeoutException">Another node has the lease.</exception>
    public async Task RunToEndAsync(Action<long> moved, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                if (!await _lease.HoldAsync(cancellationToken) && !await _lease.HoldAsync(cancellationToken))
                {
                    throw new TimeoutException($"Another node runs {_projection.Name}, or a newer version of it.");
                }

                _restUntil = default;
                moved((_lease.State.Next ?? _lease.State.Live).Position);
            }
            while (await StepAsync(graceOfRetired: TimeSpan.Zero, cancellationToken) || !_lease.IsHeld || _lease.State.Next is not null);
        }
        finally
        {
            await _lease.GiveBackAsync();
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (await _lease.HoldAsync(stopping))
        {
            _heartbeat.Beat();
            _heartbeat.Position = _lease.State.Live.Position;
            var next = _shard.Appended.Next;
            if (!await StepAsync(ViewCleaning.Grace, stopping))
            {
                var rest = _restUntil - _context.Clock.GetUtcNow();
                await Signal.WaitAsync(next, rest > TimeSpan.Zero ? rest : SubscriptionLoop.Poll, _context.Clock, stopping);
                await Task.Delay(_gather, _context.Clock, stopping);
            }
        }

        _heartbeat.Beat();
        _heartbeat.Position = null;
        await Task.Delay(SubscriptionLoop.Poll, _context.Clock, stopping);
    }

    /// <summary>Does what is due next. False when that is nothing, for now.</summary>
    private async Task<bool> StepAsync(TimeSpan graceOfRetired, CancellationToken stopping)
    {
        var state = _lease.State;
        if (state.Version < _projection.Version)
        {
            LogBegun(_context.Log, _projection.Name, _shard.Number, state.Version, _projection.Version);
            return await _lease.WriteAsync(state.Begin(_projection.Version), [], stopping);
        }

        // What is new goes on while a rest is taken; catching up does not.
        var isResting = _restUntil > _context.Clock.GetUtcNow();
        if (CanFollowLive && !(isResting && _isLiveBehind))
        {
            _isLiveBehind = await AdvanceAsync(isNext: false, long.MaxValue, stopping);
        }

        if (_isLiveBehind && !isResting)
        {
            return true;
        }

        if (!_lease.IsHeld || isResting)
        {
            return false;
        }

        _heartbeat.Position = _lease.State.Live.Position;
        if (_lease.State.Next is null)
        {
            return await ViewCleaning.StepAsync(
                _lease, _shard.Store, _projection.Name, _context.Clock.GetUtcNow() - graceOfRetired, stopping);
        }

        // No further than the live views are, so that both can be compared; these stand still meanwhile.
        var upTo = CanFollowLive ? _lease.State.Live.Position : long.MaxValue;
        if (!await AdvanceAsync(isNext: true, upTo, stopping) && _lease is { IsHeld: true, State.Next: not null }
            && _lease.State.Next.Position >= _lease.State.Live.Position)
        {
            await SwitchAsync(stopping);
        }

        return true;
    }

    /// <summary>Folds a page. True when it was a full one, so that there may be more.</summary>
    private async Task<bool> AdvanceAsync(bool isNext, long upTo, CancellationToken stopping)
    {
        var state = _lease.State;
        var views = isNext ? state.Next! : state.Live; // the caller looked
        var start = _context.Clock.GetTimestamp();
        var head = _shard.Last.Value;
        var page = await _shard.ReadLogAsync(views.Position, PageSize, _types, stopping);
        IReadOnlyList<StoredEvent> wanted = page.Through <= upTo ? page.Events : [.. page.Events.TakeWhile(e => e.Position <= upTo)];
        views = views with { Position = Math.Min(page.Through, Math.Max(upTo, views.Position)) };
        state = isNext ? state with { Next = views } : state with { Live = views };
        if (wanted.Count == 0)
        {
            _lease.Advance(state);
            return false;
        }

        var fold = FoldOf(views.Number);
        var failures = await fold.FoldAsync(wanted, stopping);
        _heartbeat.Beat();
        if (await _lease.WriteAsync(state, [.. fold.TakeChanges(), .. failures.Select(f => Park(f, views.Number))], stopping) && !isNext)
        {
            _heartbeat.Position = views.Position;
        }

        var isFull = page.Events.Count == PageSize;
        if (isFull && _shard.Last.Value > head)
        {
            // Others stored something while this page was on its way, and waited for it: they get as much time as the page took.
            _restUntil = _context.Clock.GetUtcNow() + _context.Clock.GetElapsedTime(start);
        }

        return isFull;
    }

    private DocumentWrite Park(FoldFailure failure, int number)
    {
        var stored = failure.Stored;
        var (now, kind) = (_context.Clock.GetUtcNow(), Failures.KindOf(failure.Reason));
        Meters.Parked.Add(1, new KeyValuePair<string, object?>("subscription", _projection.Name));
        LogParked(_context.Log, failure.Reason, _projection.Name, stored.Position, kind);

        // Without a condition: views that are rebuilt after a crash meet the same event again.
        return new ParkedEvent(
            _projection.Name, stored.Position, stored.Type, Failures.ReasonOf(failure.Reason), now) { Kind = kind, Since = now }
            .Write(ViewGeneration.KindOf(_projection.Name, number), 1, _context.Json) with { ExpectedVersion = null };
    }

    private async Task SwitchAsync(CancellationToken stopping)
    {
        var (state, next) = (_lease.State, _lease.State.Next!); // the caller looked
        var (documents, differing) = await ViewComparison.RunAsync(
            _shard.Store,
            CanFollowLive && next.Position == state.Live.Position ? ViewGeneration.KindOf(_projection.Name, state.Live.Number) : null,
            ViewGeneration.KindOf(_projection.Name, next.Number),
            _heartbeat.Beat,
            stopping);
        var now = _context.Clock.GetUtcNow();
        var switched = state with
        {
            Live = next,
            Next = null,
            Retired = [.. state.Retired, new RetiredViews(state.Live.Number, now)],
            LastSwitch = new ViewSwitch(now, documents, differing),
        };
        if (await _lease.WriteAsync(switched, [], stopping))
        {
            _heartbeat.Position = next.Position;
            _folds.Remove(state.Live.Number);
            if (differing > 0)
            {
                LogDiffered(_context.Log, _projection.Name, _shard.Number, differing.Value, documents);
            }
            else
            {
                LogSwitched(_context.Log, _projection.Name, _shard.Number, documents);
            }
        }
    }

    private ViewFold FoldOf(int number) => _folds.TryGetValue(number, out var known)
        ? known
        : _folds[number] = _projection.Over(_shard.Store, ViewGeneration.KindOf(_projection.Name, number), _context.Json, _events);

    [LoggerMessage(LogLevel.Information, "Followed views {Projection} of shard {Shard} are rebuilt: version {Former} becomes {Version}")]
    private static partial void LogBegun(ILogger log, string projection, int shard, int former, int version);

    [LoggerMessage(LogLevel.Information, "Followed views {Projection} of shard {Shard} were replaced by new ones, {Documents} of them")]
    private static partial void LogSwitched(ILogger log, string projection, int shard, long documents);

    [LoggerMessage(
        LogLevel.Error,
        "Followed views {Projection} of shard {Shard} were wrong and are replaced: {Differing} differed from the {Documents} that "
            + "follow from the log")]
    private static partial void LogDiffered(ILogger log, string projection, int shard, long differing, long documents);

    [LoggerMessage(LogLevel.Error, "Followed views {Projection} go on without the event at position {Position}: {Kind}")]
    private static partial void LogParked(ILogger log, Exception exception, string projection, long position, FailureKind kind);
}
