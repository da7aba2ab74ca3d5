using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// Compares how far each subscription of this process came with the head of its log, asked of the store: a subscription whose own view of
/// the log froze would find nothing wrong.
/// </summary>
public sealed partial class LagWatch(Shards shards, Heartbeats heartbeats, TimeProvider clock, ILogger<LagWatch> log) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    /// <summary>Measures now. Where a store does not answer the measures stay as they are.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.All)
        {
            try
            {
                var subscriptions = heartbeats.All.Where(h => h.Shard == shard.Number).ToList();
                var head = await shard.Store.HeadAsync(cancellationToken);
                subscriptions.ForEach(f => f.Measure(head));
            }
            catch (StoreUnavailableException e)
            {
                // That a store is unavailable is told by its check; here it would be told at each look, of every balancer.
                LogUnmeasured(shard.Number, e.Message);
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var heartbeat = heartbeats.Of("kernel.lag-watch", TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(_interval, clock);
        do
        {
            heartbeat.Beat();
            await MeasureAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Debug, "How far subscriptions of shard {Shard} are behind could not be measured: {Reason}")]
    private partial void LogUnmeasured(int shard, string reason);
}
