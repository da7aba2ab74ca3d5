using Microsoft.Extensions.Hosting;
using Monolith.Kernel.Telemetry;

namespace Monolith.Jobs;

/// <summary>Takes jobs from the queue, as many as it has room for, on nodes that have the worker role.</summary>
internal sealed partial class JobWorker(
    JobCatalog catalog, JobRunner runner, JobsSettings settings, IQueue queue, Shards shards, Node node, Roles roles,
    Heartbeats heartbeats, TimeProvider clock, ILogger<JobWorker> log) : BackgroundService
{
    // How long the loop waits for room before it gives a sign of life.
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _room = new(settings.Concurrency);
    private readonly Heartbeat _heartbeat = heartbeats.Of("jobs", TimeSpan.FromMinutes(1));

    private string Owner => node.ToString();

    public override void Dispose()
    {
        _room.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!roles.IsWorker || catalog.Names.Count == 0)
        {
            return;
        }

        // Whatever is held in this node's name is its former self's, who is dead: it goes on at once. A node that shares its
        // stores has a new name at each start, so nobody else's work can be hit.
        await UntilStoppedAsync(async stopping =>
        {
            await queue.ReleaseAllAsync(Owner, stopping);
            await Task.WhenAll(UntilStoppedAsync(TakeAsync, stopping), UntilStoppedAsync(MeasureAsync, stopping));
        }, stoppingToken);
        await EmptyAsync();
    }

    /// <summary>Repeats an action; whatever goes wrong is tried again.</summary>
    private async Task UntilStoppedAsync(Func<CancellationToken, Task> action, CancellationToken stopping)
    {
        var pause = TimeSpan.Zero;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, clock, stopping);
                await action(stopping);
                pause = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop must outlive whatever a queue throws; it is logged and tried again, slower each time.
            catch (Exception e)
#pragma warning restore CA1031
            {
                pause = TimeSpan.FromSeconds(Math.Min(30, (pause.TotalSeconds * 2) + 0.5));
                LogInterrupted(e, pause.TotalSeconds);
            }
        }
    }

    private async Task TakeAsync(CancellationToken stopping)
    {
        _heartbeat.Beat();
        if (!await _room.WaitAsync(Breath, stopping))
        {
            return;
        }

        var room = 1;
        while (room < settings.Concurrency && _room.Wait(0, CancellationToken.None))
        {
            room++;
        }

        try
        {
            foreach (var message in await queue.TakeAsync(new TakeMessages(catalog.Names, room, Owner, JobRunner.Lease), stopping))
            {
                room--;
                _ = WorkAsync(message, stopping); // Not forgotten: its place in the room is waited for at the end.
            }
        }
        finally
        {
            if (room > 0)
            {
                _room.Release(room);
            }
        }
    }

    private async Task WorkAsync(TakenMessage message, CancellationToken stopping)
    {
        try
        {
            await Task.Yield();
            await runner.RunAsync(message, stopping);
        }
#pragma warning disable CA1031 // Whatever it is, the lease runs out by itself and the job comes back.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogAbandoned(e, message.Id, message.Kind);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Tells for how many seconds the longest waiting job has been due: what the stores know, whatever this loop believes.</summary>
    private async Task MeasureAsync(CancellationToken stopping)
    {
        var due = await Task.WhenAll(shards.All.Select(s => s.Store.NextDueAsync(catalog.Names, stopping).AsTask()));
        _heartbeat.Lag = due.Min() is { } longest ? Math.Max(0, (long)(clock.GetUtcNow() - longest).TotalSeconds) : 0;
        await Task.Delay(Breath, clock, stopping);
    }

    /// <summary>Waits for everything that is under way, then gives back what was taken in the very moment of stopping.</summary>
    private async Task EmptyAsync()
    {
        for (var i = 0; i < settings.Concurrency; i++)
        {
            await _room.WaitAsync(CancellationToken.None);
        }

        try
        {
            await queue.ReleaseAllAsync(Owner, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            LogNotReleased(e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Taking jobs was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);

    [LoggerMessage(LogLevel.Error, "The message {MessageId} of type {Type} was abandoned, it comes back when its lease has run out")]
    private partial void LogAbandoned(Exception exception, Guid messageId, string type);

    [LoggerMessage(LogLevel.Warning, "What is still held could not be given back, it comes back when its lease has run out")]
    private partial void LogNotReleased(Exception exception);
}
