using Npgsql;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>Every report in one shard; they share its connections.</summary>
internal sealed class ReportShard : IAsyncDisposable
{
    private readonly NpgsqlDataSource _pool;

    /// <param name="settings">Where the schemas are.</param>
    /// <param name="reports">All of them.</param>
    /// <param name="database">The store that they stand beside.</param>
    /// <param name="wakeup">Tells when something was stored; null where no projection runs.</param>
    public ReportShard(ReportSettings settings, IEnumerable<IReport> reports, IDatabaseStore database, ReportWakeup? wakeup)
    {
        _pool = (NpgsqlDataSource)database.OpenPool(settings.Pool);
        Reports = [.. reports.Select(report => new ReportStore(settings, report, database, _pool, wakeup))];
    }

    /// <summary>Each of them.</summary>
    public IReadOnlyList<ReportStore> Reports { get; }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var report in Reports)
        {
            await report.DisposeAsync();
        }

        await _pool.DisposeAsync();
    }
}
