using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>Drops the cached copies of what other nodes have changed, by following the log. What this node changed, its own commits drop.</summary>
/// <remarks>Every node does it, whatever its role: each may have a cache of its own. It keeps no place: an empty cache has nothing to catch up with.</remarks>
internal sealed partial class ForeignEvictions(
    Shards shards, ICache cache, Heartbeats heartbeats, TimeProvider clock, ILogger<ForeignEvictions> log) : BackgroundService
{
    private const int PageSize = 500;

    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        shards.All.Where(s => !s.Store.IsExclusive).Select(s => Task.Run(() => FollowAsync(s, stoppingToken), CancellationToken.None)));

    private async Task FollowAsync(Shard shard, CancellationToken stopping)
    {
        var heartbeat = heartbeats.Of($"cache/{shard.Index}", TimeSpan.FromMinutes(1));
        var position = shard.LastPosition; // The stores were opened a moment ago, and nothing was cached before.
        var pause = TimeSpan.Zero;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, clock, stopping);
                heartbeat.Beat();
                var next = shard.Changed.Next;
                var page = await shard.Store.ReadLogAsync(position, PageSize, types: null, stopping);
                foreach (var e in page.Events)
                {
                    await cache.EvictAsync(e.Stream.Name, new LogPosition(shard.Index, e.Position), stopping);
                }

                (position, pause) = (page.Through, TimeSpan.Zero);
                if (page.Events.Count < PageSize)
                {
                    await Signal.WaitAsync(next, _poll, clock, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop must outlive whatever a store or a cache throws; it is logged and tried again, slower each time.
            catch (Exception e)
#pragma warning restore CA1031
            {
                pause = TimeSpan.FromSeconds(Math.Min(10, (pause.TotalSeconds * 2) + 0.5));
                LogInterrupted(e, pause.TotalSeconds);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Dropping cached copies of what other nodes changed was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);
}
