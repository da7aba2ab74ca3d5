using JasperFx.Events.Daemon.HighWater;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Lets Marten look at the log when something was stored, and otherwise now and then.</summary>
internal sealed class ReportWakeup(Shard shard, TimeProvider clock) : IDaemonWakeup
{
    /// <inheritdoc />
    public Task WaitAsync(TimeSpan timeout, CancellationToken token) => Signal.WaitAsync(shard.Appended.Next, timeout, clock, token);

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
