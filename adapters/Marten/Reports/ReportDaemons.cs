using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Runs the projections on the workers: those of a report in a shard on one of them at a time.</summary>
internal sealed class ReportDaemons(
    ReportStores stores, ReportFaults faults, Roles roles, Node node, StoredJson json, Heartbeats heartbeats, TimeProvider clock,
    ILoggerFactory logs) : BackgroundService
{
    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => roles.IsWorker
        ? Task.WhenAll(
            from report in stores.All
            where report.Store.Projections.Count > 0
            let lease = new ShardLease($"reports.{report.Store.Report.Name}", report.Shard, node, json, clock)
            let daemon = new ReportDaemon(report.Shard, report.Store, faults, lease, heartbeats, clock, logs)
            select Task.Run(() => daemon.RunAsync(stoppingToken), CancellationToken.None))
        : Task.CompletedTask;
}
