namespace Monolith.Adapters.Marten.Reports;

/// <summary>The port of the reports.</summary>
internal sealed class MartenReports(ReportStores stores, ReportFaults faults) : IReports
{
    /// <inheritdoc />
    public Task<IReadOnlyList<(string Store, string Change)>> MigrateAsync(CancellationToken cancellationToken) =>
        stores.MigrateAsync(cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<ReportStanding>> StandingsAsync(CancellationToken cancellationToken)
    {
        var standings = new List<ReportStanding>();
        foreach (var (shard, store) in stores.All)
        {
            var progress = await store.ProgressAsync(cancellationToken);
            var head = await shard.Store.HeadAsync(cancellationToken);
            standings.AddRange(progress.Select(p => new ReportStanding(
                store.Report.Name, p.Projection, shard.Number, p.Position, head, p.IsRebuilding,
                faults.Of(ReportFaults.NameOf(store, shard, p.Projection)))));
        }

        return standings;
    }

    /// <inheritdoc />
    public async Task<bool> RebuildAsync(string report, CancellationToken cancellationToken)
    {
        var found = stores.All.Where(s => s.Store.Report.Name == report).ToList();
        foreach (var (_, store) in found)
        {
            await store.AskForRebuildAsync(cancellationToken);
        }

        return found.Count > 0;
    }
}
