using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Caching;

/// <summary>
/// Drops the cached copies and remembered states of what other nodes have changed, by following the log. What this node changed, its own
/// commits drop.
/// </summary>
/// <remarks>
/// Every node does it, whatever its role: each may have a cache of its own. It keeps no place and begins a page before the end: a process
/// that was killed between a commit and its evictions left those to the next one, where the cache outlives the process. A store of its own
/// is read just that once.
/// </remarks>
internal sealed partial class CacheInvalidation(
    Shards shards, IEnumerable<ICacheInvalidator> copies, StateMemory states, LogFreshness freshness,
    Heartbeats heartbeats, TimeProvider clock, ILogger<CacheInvalidation> log) : BackgroundService
{
    private const int PageSize = 500;

    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        shards.All.Select(s => Task.Run(() => FollowAsync(s, stoppingToken), CancellationToken.None)));

    private async Task FollowAsync(Shard shard, CancellationToken stopping)
    {
        var heartbeat = shard.Store.IsExclusive ? null : heartbeats.Of($"cache/{shard.Number}", TimeSpan.FromMinutes(1));
        var position = Math.Max(0, shard.Last.Value - PageSize);
        await RetryLoop.RunAsync(FollowLogAsync, _longestPause, LogInterrupted, clock, stopping);

        async Task<bool> FollowLogAsync(CancellationToken cancellationToken)
        {
            heartbeat?.Beat();
            var next = Task.WhenAny(shard.Appended.Next, freshness.NextAsked(shard));
            var (began, isAsked) = (clock.GetTimestamp(), freshness.IsAsked(shard));
            var page = await shard.ReadLogAsync(position, PageSize, types: null, cancellationToken, isAfresh: isAsked);
            foreach (var e in page.Events)
            {
                states.Seen(e.Stream, e.Version);
                foreach (var each in copies)
                {
                    await each.EvictAsync(e.Stream.Name, new LogPosition(shard.Log, e.Position), cancellationToken);
                }
            }

            position = page.Through;
            freshness.Followed(shard, position);
            if (isAsked && page.Events.Count < PageSize)
            {
                freshness.Heard(shard, began);
            }

            if (!shard.Store.IsExclusive && page.Events.Count < PageSize)
            {
                await Signal.WaitAsync(next, _poll, clock, cancellationToken);
            }

            return !shard.Store.IsExclusive;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Dropping cached copies of what other nodes changed was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);
}
