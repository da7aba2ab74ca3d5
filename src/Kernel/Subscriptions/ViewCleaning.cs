using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Deletes views that were replaced, a page at a time.</summary>
internal static class ViewCleaning
{
    /// <summary>How long replaced views are kept: longer than any read that found them live may take.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private const int PageSize = 500;

    /// <summary>Deletes a page of the oldest ones. False when none are due.</summary>
    /// <param name="lease">Fences it.</param>
    /// <param name="store">Where they lie.</param>
    /// <param name="projection">Whose.</param>
    /// <param name="before">Those that were replaced before.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<bool> StepAsync(
        ProjectionLease lease, IReadStore store, string projection, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var state = lease.State;
        if (state.Retired.FirstOrDefault(r => r.Since <= before) is not { } due)
        {
            return false;
        }

        var kind = ViewGeneration.KindOf(projection, due.Number);
        var views = await store.QueryAsync(new DocumentQuery(kind, PageSize), cancellationToken);
        var parked = await store.QueryAsync(
            new DocumentQuery(ParkedEvent.DocumentKind, PageSize) { After = ParkedEvent.PrefixOf(kind) }, cancellationToken);
        List<DocumentWrite> deletes =
        [
            .. views.Concat(parked.TakeWhile(p => p.Id.StartsWith(ParkedEvent.PrefixOf(kind), StringComparison.Ordinal)))
                .Select(d => new DocumentWrite(d.Kind, d.Id, null, null, d.Version)),
        ];
        return await lease.WriteAsync(
            deletes.Count == 0 ? state with { Retired = [.. state.Retired.Where(r => r != due)] } : state, deletes, cancellationToken);
    }
}
