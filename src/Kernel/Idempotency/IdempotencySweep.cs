using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Idempotency;

/// <summary>Deletes expired records of requests with an idempotency key, now and then.</summary>
internal sealed partial class IdempotencySweep(
    IdempotencyRecords records, Shards shards, Heartbeats heartbeats, TimeProvider clock, ILogger<IdempotencySweep> log) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(shards.All.Select(shard => RunAsync(shard, stoppingToken)));

    private async Task RunAsync(Shard shard, CancellationToken stopping)
    {
        var heartbeat = heartbeats.Of($"kernel.idempotency-sweep/{shard.Number}", 3 * _interval);
        using var timer = new PeriodicTimer(_interval, clock);
        do
        {
            try
            {
                await records.SweepAsync(shard, heartbeat.Beat, stopping);
                heartbeat.Beat();
            }
            catch (StoreUnavailableException e)
            {
                LogInterrupted(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    [LoggerMessage(LogLevel.Warning, "The sweep of expired idempotency keys was interrupted")]
    private partial void LogInterrupted(Exception exception);
}
