using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Runs Marten's daemon over one shard for a report, for as long as this node holds the lease.</summary>
/// <remarks>
/// The lease is ours and not Marten's advisory lock, which lives in a session: behind PgBouncer there is none. Two nodes that both believe
/// they hold it do no harm: Marten moves the progress of a projection in the transaction of its documents, from where it read it.
/// </remarks>
internal sealed partial class ReportDaemon(
    Shard shard, ReportStore store, ReportFaults faults, ShardLease lease, Heartbeats heartbeats, TimeProvider clock, ILoggerFactory logs)
{
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _drain = TimeSpan.FromSeconds(10);

    private readonly Heartbeat _heartbeat = heartbeats.Of(
        $"reports.{store.Report.Name}/{shard.Number}", TimeSpan.FromMinutes(1));
    private readonly ILogger<ReportDaemon> _log = logs.CreateLogger<ReportDaemon>();

    /// <summary>Runs until it is stopped; whatever goes wrong is tried again, slower each time.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await RetryLoop.RunAsync(FollowAsync, _longestPause, Failed, clock, stopping);
        try
        {
            await lease.GiveBackAsync();
        }
        catch (StoreUnavailableException)
        {
            // The lease ends by itself.
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        _heartbeat.Beat();
        if (!await lease.HoldAsync(stopping))
        {
            store.Projections.ToList().ForEach(p => faults.Clear(ReportFaults.NameOf(store, shard, p.Name)));
            await Task.Delay(_round, clock, stopping);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var daemon = await store.Documents.BuildProjectionDaemonAsync(logger: logs.CreateLogger("Marten"));
        var agents = new ReportAgents(shard, store, daemon, faults, clock, _log);
        var rebuilding = Task.CompletedTask;
        try
        {
            await daemon.StartAllAsync();
            do
            {
                _heartbeat.Beat();
                if (rebuilding.IsCompleted)
                {
                    await rebuilding;
                    rebuilding = agents.RebuildAsync(ending.Token);
                }

                await agents.RestartAsync(ending.Token);
                await Task.Delay(_round, clock, stopping);
            }
            while (await lease.HoldAsync(stopping));
        }
        finally
        {
            // Marten ends a rebuild that is under way before it stops, however long that takes; what it still writes is fenced.
            await ending.CancelAsync();
            await Task.WhenAny(Task.WhenAll(rebuilding, daemon.StopAllAsync()), Task.Delay(_drain, clock, CancellationToken.None));
        }
    }

    private void Failed(Exception exception, double seconds)
    {
        lease.Lose();
        _heartbeat.Beat();
        LogInterrupted(exception, store.Report.Name, shard.Number, seconds);
    }

    [LoggerMessage(LogLevel.Warning, "The report {Report} of shard {Shard} was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, string report, int shard, double seconds);
}
