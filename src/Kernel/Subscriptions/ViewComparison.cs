using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Compares views with those that were built to replace them.</summary>
internal static class ViewComparison
{
    private const int PageSize = 500;

    /// <summary>Reads both kinds once, side by side in the order of their ids.</summary>
    /// <param name="store">Where both lie.</param>
    /// <param name="former">Kind of the old ones; null when they are not comparable, and then the new ones are counted only.</param>
    /// <param name="next">Kind of the new ones.</param>
    /// <param name="progress">Called after each page.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many new ones there are, and how many ids have other documents, or none on one side.</returns>
    public static async Task<(long Documents, long? Differing)> RunAsync(
        IReadStore store, string? former, string next, Action progress, CancellationToken cancellationToken)
    {
        var (documents, differing) = (0L, 0L);
        await using var right = ReadAsync(store, next, progress, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var left = ReadAsync(store, former, progress, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var (hasRight, hasLeft) = (await right.MoveNextAsync(), await left.MoveNextAsync());
        while (hasRight || hasLeft)
        {
            var order = !hasLeft ? 1 : !hasRight ? -1 : string.CompareOrdinal(left.Current.Id, right.Current.Id);
            differing += order != 0 || !AreEqual(left.Current, right.Current) ? 1 : 0;
            documents += order >= 0 ? 1 : 0;
            (hasLeft, hasRight) = (order <= 0 ? await left.MoveNextAsync() : hasLeft, order >= 0 ? await right.MoveNextAsync() : hasRight);
        }

        return (documents, former is null ? null : differing);
    }

    private static bool AreEqual(Document left, Document right) =>
        left.Version == right.Version && left.Body.AsSpan().SequenceEqual(right.Body) && left.Entries.SequenceEqual(right.Entries);

    private static async IAsyncEnumerable<Document> ReadAsync(
        IReadStore store, string? kind, Action progress,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        for (IReadOnlyList<Document>? page = null; kind is not null && page is not { Count: < PageSize };)
        {
            page = await store.QueryAsync(new DocumentQuery(kind, PageSize) { After = after, WithEntries = true }, cancellationToken);
            foreach (var document in page)
            {
                yield return document;
                after = document.Id;
            }

            progress();
        }
    }
}
