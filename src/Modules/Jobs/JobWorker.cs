using Microsoft.Extensions.Hosting;

namespace Monolith.Jobs;

/// <summary>Takes jobs from the queue, as many as it has room for, on nodes that have the worker role.</summary>
internal sealed partial class JobWorker(
    JobCatalog catalog, JobRunner runner, JobsSettings settings, IQueue queue, Shards shards, Node node, Roles roles,
    Heartbeats heartbeats, TimeProvider clock, ILogger<JobWorker> log) : BackgroundService
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);

    // How long the loop waits for room before it beats.
    private static readonly TimeSpan _idleBeat = TimeSpan.FromSeconds(5);

    // Jobs whose end is on its way to the disk take no room, but memory: more than one batch of the store holds would only wait.
    private const int MaxOpen = 1024;

    // Neither is disposed: a job that outlasts the stop still leaves its place, and without a wait handle a semaphore holds nothing to
    // free.
    private readonly SemaphoreSlim _room = new(settings.Concurrency);
    private readonly SemaphoreSlim _open = new(MaxOpen);
    private readonly JobPage _page = new();

    // Not before it works: a loop that a node does not run is not a dead one.
    private readonly Lazy<Heartbeat> _heartbeat = new(() => heartbeats.Of("jobs", TimeSpan.FromMinutes(1)));

    private string Owner => node.ToString();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!roles.IsWorker || catalog.Names.Count == 0)
        {
            return;
        }

        // Whatever is held in this node's name is its former self's, who is dead: it goes on at once. A node that shares its
        // stores has a new name at each start, so the work of no other node can be hit.
        await UntilStoppedAsync(async stopping =>
        {
            await queue.ReleaseAllAsync(Owner, stopping);
            await Task.WhenAll(UntilStoppedAsync(TakeAsync, stopping), UntilStoppedAsync(MeasureAsync, stopping));
        }, stoppingToken);
        await EmptyAsync();
    }

    private Task UntilStoppedAsync(Func<CancellationToken, Task> action, CancellationToken stopping) =>
        RetryLoop.RunAsync(action, _longestPause, LogInterrupted, clock, stopping);

    private async Task TakeAsync(CancellationToken stopping)
    {
        // Only when something can begin: what is taken too early is kept from other nodes.
        if (!await HasRoomAsync(stopping))
        {
            return;
        }

        _room.Release();
        var asked = _page.Next(_room.CurrentCount);
        var messages = await queue.TakeAsync(new TakeMessages(catalog.Names, asked, Owner, JobRunner.Lease), stopping);
        var taken = clock.GetTimestamp();
        foreach (var message in messages)
        {
            // Not cancelled: what was taken is given back in an orderly way.
            await _open.WaitAsync(CancellationToken.None);
            // Not forgotten: waited for at the end.
            _ = await HasRoomAsync(taken, stopping) ? WorkAsync(message, stopping) : GiveBackAsync(message);
        }

        _page.Began(asked, messages.Count, clock.GetElapsedTime(taken));
    }

    private async Task<bool> HasRoomAsync(CancellationToken stopping)
    {
        _heartbeat.Value.Beat();
        return await _room.WaitAsync(_idleBeat, stopping);
    }

    /// <summary>Waits until a job can begin. False when that would be too late, or never.</summary>
    private async Task<bool> HasRoomAsync(long taken, CancellationToken stopping)
    {
        _heartbeat.Value.Beat();
        var left = JobPage.LongestWait - clock.GetElapsedTime(taken);
        try
        {
            return await _room.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Task WorkAsync(TakenMessage message, CancellationToken stopping) => Task.Run(
        async () =>
        {
            var place = new Place(_room);
            try
            {
                await runner.RunAsync(message, place.Leave, stopping);
            }
#pragma warning disable CA1031 // Whatever it is, the lease runs out by itself and the job comes back.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogAbandoned(e, message.Id, message.Kind);
            }
            finally
            {
                place.Leave();
                _open.Release();
            }
        },
        CancellationToken.None);

    private async Task GiveBackAsync(TakenMessage message)
    {
        try
        {
            await runner.GiveBackAsync(message);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogAbandoned(e, message.Id, message.Kind);
        }
        finally
        {
            _open.Release();
        }
    }

    /// <summary>
    /// Tells for how many seconds the longest waiting job has been due: what the stores know, whatever this loop believes.
    /// </summary>
    private async Task MeasureAsync(CancellationToken stopping)
    {
        var due = await Task.WhenAll(shards.All.Select(s => s.Store.NextDueAsync(catalog.Names, stopping).AsTask()));
        _heartbeat.Value.Lag = due.Min() is { } longest ? Math.Max(0, (long)(clock.GetUtcNow() - longest).TotalSeconds) : 0;
        await Task.Delay(_idleBeat, clock, stopping);
    }

    /// <summary>Waits for everything that is under way, then gives back what was taken in the very moment of stopping.</summary>
    private async Task EmptyAsync()
    {
        for (var i = 0; i < MaxOpen; i++)
        {
            await _open.WaitAsync(CancellationToken.None);
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

    /// <summary>A job's place in the room, left once.</summary>
    private sealed class Place(SemaphoreSlim room)
    {
        private bool _isLeft;

        public void Leave()
        {
            if (!_isLeft)
            {
                _isLeft = true;
                room.Release();
            }
        }
    }
}
