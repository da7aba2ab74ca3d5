using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>
/// Tells the heartbeats of every node how far the projections came, as Marten's own table has it. The head of the log, which it is compared
/// with there, comes from the store: what Marten itself takes for the head is believed nowhere.
/// </summary>
internal sealed partial class ReportWatch(
    ReportStores stores, ReportFaults faults, Heartbeats heartbeats, TimeProvider clock, ILogger<ReportWatch> log) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    // As long as a subscription may be silent.
    private static readonly TimeSpan _silence = TimeSpan.FromMinutes(1);

    /// <summary>Looks now.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var (shard, store) in stores.All)
        {
            await LookAsync(shard, store, cancellationToken);
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RetryLoop.RunAsync(
        async stopping =>
        {
            await LookAsync(stopping);
            await Task.Delay(_interval, clock, stopping);
        },
        _interval,
        LogInterrupted,
        clock,
        stoppingToken);

    private async Task LookAsync(Shard shard, ReportStore store, CancellationToken cancellationToken)
    {
        var loops = store.Projections.ToDictionary(
            p => p.Name, p => heartbeats.Of(ReportFaults.NameOf(store, shard, p.Name), _silence, shard.Number));
        foreach (var loop in loops.Values)
        {
            loop.Beat(); // It is this one that looks; whether the projection lives is told by its getting further.
        }

        try
        {
            foreach (var progress in await store.ProgressAsync(cancellationToken))
            {
                loops[progress.Projection].Position = progress.Position;
            }

            faults.Clear(NameOf(shard, store));
        }
        catch (StoreUnavailableException e)
        {
            // That a store is unavailable is told by its check.
            LogUnmeasured(store.Report.Name, shard.Number, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            faults.Note(NameOf(shard, store), $"cannot be read: {e.GetBaseException().Message}");
            throw;
        }
    }

    private static string NameOf(Shard shard, ReportStore store) => $"reports.{store.Report.Name}/{shard.Number}";

    [LoggerMessage(LogLevel.Warning, "Measuring how far reports came was interrupted, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);

    [LoggerMessage(LogLevel.Debug, "How far the report {Report} of shard {Shard} is behind could not be measured: {Reason}")]
    private partial void LogUnmeasured(string report, int shard, string reason);
}
