using Marten;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>The reports of every shard.</summary>
internal sealed class ReportStores(
    ReportSettings settings, Shards shards, StoreNames names, IEnumerable<IReport> reports, TimeProvider clock)
    : IReportSessions, IAsyncDisposable
{
    private readonly List<(Shard Shard, ReportShard Reports)> _opened = [];
    private bool _isOpen;

    /// <summary>Each report in each shard, in the order of the shards.</summary>
    /// <exception cref="InvalidOperationException">They were not opened yet.</exception>
    public IEnumerable<(Shard Shard, ReportStore Store)> All => _isOpen
        ? _opened.SelectMany(o => o.Reports.Reports.Select(store => (o.Shard, store)))
        : throw new InvalidOperationException("The reports were not opened yet.");

    /// <summary>
    /// A store that nothing can stand beside, because this process moves it to another place; null when there is none.
    /// </summary>
    public string? Resting { get; private set; }

    /// <summary>Opens each of them once its store is open. Repeatable until it succeeds.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await CloseAsync();
        foreach (var shard in shards.All)
        {
            if (shard.Store is not IDatabaseStore database)
            {
                Resting = shard.Name;
                continue;
            }

            _opened.Add((shard, new ReportShard(settings, reports, database, new ReportWakeup(shard, clock))));
            foreach (var store in _opened[^1].Reports.Reports)
            {
                await store.OpenAsync(shard.Store.HeadAsync, cancellationToken);
            }
        }

        _isOpen = true;
    }

    /// <summary>Brings every schema up to date, whether or not the stores are open.</summary>
    public async Task<IReadOnlyList<(string Store, string Change)>> MigrateAsync(CancellationToken cancellationToken)
    {
        var changes = new List<(string Store, string Change)>();
        foreach (var (name, store) in names.All.Zip(shards.Stores))
        {
            if (store is IDatabaseStore database)
            {
                await using var shard = new ReportShard(settings, reports, database, wakeup: null);
                foreach (var report in shard.Reports)
                {
                    changes.AddRange((await report.MigrateAsync(cancellationToken)).Select(change => (name, change)));
                }
            }
        }

        return changes;
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<T>> ReadAsync<T>(
        IReport report, Func<IQuerySession, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (Resting is { } resting)
        {
            // Part of the answer would look like all of it.
            throw new StoreUnavailableException($"Store {resting} is being moved; its reports rest.", isFull: false, null);
        }

        var asked = All.Where(s => s.Store.Report.Name == report.Name);
        return await Task.WhenAll(asked.Select(s => s.Store.ReadAsync(read, cancellationToken)));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask CloseAsync()
    {
        _isOpen = false;
        foreach (var (_, opened) in _opened)
        {
            await opened.DisposeAsync();
        }

        _opened.Clear();
    }
}
