using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>What a follower does.</summary>
/// <param name="Name">Stable for ever: its checkpoint is kept under it.</param>
/// <param name="Types">Stored types of the events that it cares for.</param>
/// <param name="StartsNow">Whether its first run begins at the head of the log instead of its beginning.</param>
/// <param name="HandleAsync">Handles one event with the services of a scope; what its units of work decide is stored together with the checkpoint.</param>
public sealed record Following(
    string Name, IReadOnlyCollection<string> Types, bool StartsNow, Func<StoredEvent, IServiceProvider, CancellationToken, Task> HandleAsync);

/// <summary>Follows the log of one shard, event by event, each with exactly one effect: the effect and the checkpoint are one commit.</summary>
/// <remarks>Any number of nodes may run it; the one that holds the lease works. The lease gives liveness, the version of the checkpoint gives safety.</remarks>
internal sealed partial class Follower(
    Following following, Shard shard, FollowerContext context)
{
    private const int PageSize = 500;
    private const int MaxAttempts = 5;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    private readonly Lease _lease = new(following, shard, context);
    private readonly Heartbeat _heartbeat = context.Heartbeats.Of($"{following.Name}/{shard.Index}", TimeSpan.FromMinutes(1));

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var pause = TimeSpan.Zero;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, context.Clock, stopping);
                await FollowAsync(stopping);
                pause = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The loop must outlive whatever a store or a handler throws; it is logged and tried again, slower each time.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _lease.Lose();
                pause = TimeSpan.FromSeconds(Math.Min(30, (pause.TotalSeconds * 2) + 0.5));
                LogInterrupted(context.Log, e, following.Name, pause.TotalSeconds);
            }
        }

        await _lease.GiveBackAsync();
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (await _lease.HoldAsync(stopping))
        {
            _heartbeat.Beat();
            var next = shard.Changed.Next;
            var page = await shard.Store.ReadLogAsync(_lease.Position, PageSize, following.Types, stopping);
            foreach (var stored in page.Events)
            {
                await HandleAsync(stored, stopping);
                _heartbeat.Beat();
            }

            _lease.Advance(page.Through);
            _heartbeat.Lag = Math.Max(0, await shard.Store.HeadAsync(stopping) - _lease.Position);
            if (page.Events.Count < PageSize)
            {
                await Signal.WaitAsync(next, Poll, context.Clock, stopping);
            }
        }

        await Task.Delay(Poll, context.Clock, stopping);
    }

    private async Task HandleAsync(StoredEvent stored, CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
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
            catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException && attempt < MaxAttempts)
            {
                LogRetried(context.Log, e, following.Name, stored.Position, attempt);
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), context.Clock, stopping);
            }
            catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException)
            {
                await ParkAsync(stored, e, stopping);
                return;
            }
        }
    }

    private async Task AttemptAsync(StoredEvent stored, CancellationToken stopping)
    {
        using var activity = Meters.Traces.StartActivity(following.Name);
        await using var services = context.Scopes.CreateAsyncScope();
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        await work.JoinAsync(async () =>
        {
            await following.HandleAsync(stored, services.ServiceProvider, stopping);
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

    private async Task ParkAsync(StoredEvent stored, Exception reason, CancellationToken stopping)
    {
        Meters.Parked.Add(1, new KeyValuePair<string, object?>("follower", following.Name));
        LogParked(context.Log, reason, following.Name, stored.Position);
        var parked = new ParkedEvent(following.Name, stored.Position, stored.Type, $"{reason.GetType().Name}: {reason.Message}", context.Clock.GetUtcNow());
        await _lease.WriteAsync(stored.Position, [new DocumentWrite(
            ParkedEvent.Kind, $"{following.Name}/{stored.Position}", null, context.Json.Write(parked), 1)], stopping);
    }

    [LoggerMessage(LogLevel.Warning, "Follower {Follower} was interrupted, next try in {Seconds} s")]
    private static partial void LogInterrupted(ILogger log, Exception exception, string follower, double seconds);

    [LoggerMessage(LogLevel.Warning, "Follower {Follower} failed at position {Position}, attempt {Attempt}")]
    private static partial void LogRetried(ILogger log, Exception exception, string follower, long position, int attempt);

    [LoggerMessage(LogLevel.Error, "Follower {Follower} parked the event at position {Position}")]
    private static partial void LogParked(ILogger log, Exception exception, string follower, long position);
}

/// <summary>What every follower of a process shares.</summary>
internal sealed record FollowerContext(
    IServiceScopeFactory Scopes, Node Node, StoredJson Json, Heartbeats Heartbeats, TimeProvider Clock, ILogger Log);
