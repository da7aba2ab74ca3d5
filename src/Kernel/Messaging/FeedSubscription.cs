using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Messaging;

/// <summary>
/// Follows the log of one shard and sends its announcements to other systems, page by page: the position is stored once a page is
/// confirmed.
/// </summary>
/// <remarks>
/// So whatever stops it sends a page again, in the same order, and loses nothing. Two nodes that both believe they hold the lease send the
/// same; receivers tell copies and gaps by <see cref="FeedMessage.After"/>.
/// </remarks>
internal sealed partial class FeedSubscription
{
    /// <summary>Permanent: its checkpoint is kept under it.</summary>
    public const string Name = "kernel.feed";

    private const int PageSize = 500;

    // How long events may gather before a page of them is read: storing the position is a commit, and one for each event would double them.
    private static readonly TimeSpan _gather = TimeSpan.FromMilliseconds(5);

    private readonly FeedCatalog _catalog;
    private readonly IFeed _feed;
    private readonly Shard _shard;
    private readonly SubscriptionContext _context;
    private readonly SubscriptionLease _lease;
    private readonly Heartbeat _heartbeat;
    private readonly Backoff _outage = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    public FeedSubscription(FeedCatalog catalog, IFeed feed, Shard shard, SubscriptionContext context)
    {
        (_catalog, _feed, _shard, _context) = (catalog, feed, shard, context);
        _lease = new SubscriptionLease(Name, startsNow: false, shard, context.Node, context.Json, context.Clock);
        _heartbeat = context.Heartbeats.Of($"{Name}/{shard.Number}", SubscriptionLoop.Silence, shard.Number);
    }

    /// <summary>How a parked event is announced after all: late, which its <see cref="FeedMessage.After"/> says.</summary>
    public static SubscriptionDefinition DefinitionOf(FeedCatalog catalog) =>
        new(Name, catalog.Types, StartsNow: false, async (stored, services, cancellationToken) =>
        {
            var shard = services.GetRequiredService<CommitScope>().EventShard!; // Replays set it.
            var (mark, _) = await FeedMark.FindOrMakeAsync(
                shard, services.GetRequiredService<Events.StoredJson>(), services.GetRequiredService<TimeProvider>(), cancellationToken);
            await services.GetRequiredService<IFeed>().PublishAsync(
                [catalog.MessageOf(stored, mark.Store.ToString(), shard.Number, stored.Position)], cancellationToken);
        });

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again.</summary>
    public Task RunAsync(CancellationToken stopping) =>
        SubscriptionLoop.RunAsync(Name, FollowAsync, _lease.Lose, _lease.GiveBackAsync, _heartbeat, _context, stopping);

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (await _lease.HoldAsync(stopping))
        {
            _heartbeat.Beat();
            _heartbeat.Position = _lease.Position;
            var next = _shard.Appended.Next;
            try
            {
                if (!await StepAsync(stopping))
                {
                    await Signal.WaitAsync(next, SubscriptionLoop.Poll, _context.Clock, stopping);
                    await Task.Delay(_gather, _context.Clock, stopping);
                }
            }
            catch (FeedUnavailableException)
            {
                // The adapter says so, once; here it would be said at each try.
                await Task.Delay(_outage.Next(), _context.Clock, stopping);
            }
        }

        _heartbeat.Beat();
        _heartbeat.Position = null;
        await Task.Delay(SubscriptionLoop.Poll, _context.Clock, stopping);
    }

    /// <summary>Sends a page. True when it was a full one, so that there may be more.</summary>
    private async Task<bool> StepAsync(CancellationToken stopping)
    {
        var page = await _shard.ReadLogAsync(_lease.Position, PageSize, _catalog.Types, stopping);
        if (page.Events.Count == 0)
        {
            _lease.Advance(page.Through);
            return false;
        }

        var (mark, version) = await FeedMark.FindOrMakeAsync(_shard, _context.Json, _context.Clock, stopping);
        var (messages, parked) = Translate(page.Events, mark);
        if (messages.Count > 0)
        {
            await _feed.PublishAsync(messages, stopping);
            _outage.Reset();
            Meters.Announced.Add(messages.Count);
            mark = mark with { Announced = messages[^1].Position };
        }

        await _lease.WriteAsync(page.Through, [mark.Write(version, _context.Json), .. parked], stopping);
        _heartbeat.Position = _lease.Position;
        return page.Events.Count == PageSize;
    }

    private (List<FeedMessage> Messages, List<DocumentWrite> Parked) Translate(IReadOnlyList<StoredEvent> events, FeedMark mark)
    {
        var (messages, parked) = (new List<FeedMessage>(), new List<DocumentWrite>());
        foreach (var stored in events)
        {
            try
            {
                messages.Add(_catalog.MessageOf(
                    stored, mark.Store.ToString(), _shard.Number, messages.Count > 0 ? messages[^1].Position : mark.Announced));
            }
#pragma warning disable CA1031 // Translating is pure: what fails once fails always, and must not hold up the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                parked.Add(Park(stored, e));
            }
        }

        return (messages, parked);
    }

    private DocumentWrite Park(StoredEvent stored, Exception reason)
    {
        var (now, kind) = (_context.Clock.GetUtcNow(), Failures.KindOf(reason));
        Meters.Parked.Add(1, new KeyValuePair<string, object?>("subscription", Name));
        LogParked(_context.Log, reason, stored.Position, _shard.Number, kind);

        // Without a condition: a page that is sent again meets the same event again.
        return new ParkedEvent(Name, stored.Position, stored.Type, Failures.ReasonOf(reason), now) { Kind = kind, Since = now }
            .Write(Name, 1, _context.Json) with { ExpectedVersion = null };
    }

    [LoggerMessage(LogLevel.Error, "The feed goes on without the event at position {Position} of shard {Shard}: {Kind}")]
    private static partial void LogParked(ILogger log, Exception exception, long position, int shard, FailureKind kind);
}
