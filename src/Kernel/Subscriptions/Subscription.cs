using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>What a subscription does.</summary>
/// <param name="Name">Permanent: its checkpoint is kept under it.</param>
/// <param name="Types">Stored types of the events that it cares for.</param>
/// <param name="StartsNow">Whether its first run begins at the head of the log instead of its beginning.</param>
/// <param name="HandleAsync">
/// Handles one event with the services of a scope; what its units of work decide is stored together with the checkpoint.
/// </param>
public sealed record SubscriptionDefinition(
    string Name, IReadOnlyCollection<string> Types, bool StartsNow,
    Func<StoredEvent, IServiceProvider, CancellationToken, Task> HandleAsync);

/// <summary>
/// Follows the log of one shard, event by event, each with exactly one effect: the effect and the checkpoint are one commit.
/// </summary>
/// <remarks>
/// Any number of nodes may run it; the one that holds the lease works. The lease gives liveness, the version of the checkpoint gives
/// safety.
/// </remarks>
internal sealed partial class Subscription(
    SubscriptionDefinition definition, Shard shard, SubscriptionContext context)
{
    private const int PageSize = 500;
    private const int MaxAttempts = 5;

    private static readonly TimeSpan _firstRetry = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan _longestRetry = TimeSpan.FromSeconds(30);

    // From one look at the log to the next. A lone event is handled at once; where others are stored all the time, looking after each batch
    // of them would cost as much as storing it.
    private static readonly TimeSpan _minPollGap = TimeSpan.FromMilliseconds(10);

    private readonly SubscriptionLease _lease = new(
        definition.Name, definition.StartsNow, shard, context.Node, context.Json, context.Clock);
    private readonly Heartbeat _heartbeat = context.Heartbeats.Of(
        $"{definition.Name}/{shard.Number}", SubscriptionLoop.Silence, shard.Number);

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again.</summary>
    public Task RunAsync(CancellationToken stopping) =>
        SubscriptionLoop.RunAsync(definition.Name, FollowAsync, _lease.Lose, _lease.GiveBackAsync, _heartbeat, context, stopping);

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (await _lease.HoldAsync(stopping))
        {
            _heartbeat.Beat();
            _heartbeat.Position = _lease.Position;
            var (next, looked) = (shard.Appended.Next, context.Clock.GetTimestamp());
            var page = await shard.ReadLogAsync(_lease.Position, PageSize, definition.Types, stopping);
            foreach (var stored in page.Events)
            {
                await HandleAsync(stored, stopping);
                _heartbeat.Position = _lease.Position;
                _heartbeat.Beat();
            }

            _lease.Advance(page.Through);
            _heartbeat.Position = _lease.Position;
            if (page.Events.Count < PageSize)
            {
                await Signal.WaitAsync(next, SubscriptionLoop.Poll, context.Clock, stopping);
                if (_minPollGap - context.Clock.GetElapsedTime(looked) is { Ticks: > 0 } rest)
                {
                    await Task.Delay(rest, context.Clock, stopping);
                }
            }
        }

        _heartbeat.Beat();
        _heartbeat.Position = null;
        await Task.Delay(SubscriptionLoop.Poll, context.Clock, stopping);
    }

    private async Task HandleAsync(StoredEvent stored, CancellationToken stopping)
    {
        var since = context.Clock.GetUtcNow();
        for (var (attempt, failed) = (1, 0); ; attempt++)
        {
            try
            {
                await AttemptAsync(stored, stopping);
                return;
            }
            catch (ConflictException e) when (e.Conflict.What == _lease.DocumentName)
            {
                throw; // Another node took over; this one has nothing more to say.
            }
            catch (Exception e) when (e is not StoreUnavailableException && !stopping.IsCancellationRequested)
            {
                // Only a fault of the handler counts: what was unavailable comes back, and what cannot be read does not change.
                var kind = Failures.KindOf(e);
                if (kind is not (FailureKind.Transient or FailureKind.Poison) || (kind is FailureKind.Poison && ++failed == MaxAttempts))
                {
                    await ParkAsync(
                        new ParkedEvent(definition.Name, stored.Position, stored.Type, Failures.ReasonOf(e), context.Clock.GetUtcNow())
                    {
                        Kind = kind, Attempts = attempt, Since = since,
                    }, e, stopping);
                    return;
                }

                LogRetried(context.Log, e, definition.Name, stored.Position, attempt);
                _heartbeat.Beat();
                await Task.Delay(Backoff.Of(attempt, _firstRetry, _longestRetry), context.Clock, stopping);
            }

            if (!await _lease.HoldAsync(stopping))
            {
                throw new TimeoutException($"{definition.Name} lost its lease while it waited to try again.");
            }
        }
    }

    private async Task AttemptAsync(StoredEvent stored, CancellationToken stopping)
    {
        using var activity = EventMeta.StartHandling(definition.Name, stored.Meta);
        activity?.SetTag("shard", shard.Name);
        await using var services = context.Scopes.CreateAsyncScope();
        services.ServiceProvider.GetRequiredService<CommitScope>().EventShard = shard;
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        await work.JoinAsync(async () =>
        {
            await definition.HandleAsync(stored, services.ServiceProvider, stopping);
            return default(Done);
        });
        if (work.IsEmpty)
        {
            _lease.Advance(stored.Position);
            return;
        }

        var step = _lease.Step(stored.Position);
        work.Write(step.Document);
        await work.CommitAsync(stopping);
        _lease.Took(step);
    }

    private async Task ParkAsync(ParkedEvent parked, Exception reason, CancellationToken stopping)
    {
        Meters.Parked.Add(1, new KeyValuePair<string, object?>("subscription", definition.Name));
        LogParked(context.Log, reason, definition.Name, parked.Position, parked.Kind);
        await _lease.WriteAsync(parked.Position, [parked.Write(definition.Name, version: 1, context.Json)], stopping);
    }

    [LoggerMessage(LogLevel.Warning, "Subscription {Subscription} failed at position {Position}, attempt {Attempt}")]
    private static partial void LogRetried(ILogger log, Exception exception, string subscription, long position, int attempt);

    [LoggerMessage(LogLevel.Error, "Subscription {Subscription} parked the event at position {Position}: {Kind}")]
    private static partial void LogParked(ILogger log, Exception exception, string subscription, long position, FailureKind kind);
}
