using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>Reads documents that projections made.</summary>
public sealed class Views(Shards shards, SubjectKeys keys, StoredJson json)
{
    /// <summary>Finds the view of what an id names; null when there is none.</summary>
    public async ValueTask<Document?> FindAsync<TId>(string kind, TId id, CancellationToken cancellationToken)
        where TId : struct, IId<TId> =>
        await shards.Of(id.Bucket()).Store.FindAsync(kind, id.Value.ToString(), cancellationToken) is { } document
            ? await keys.OpenAsync(document, cancellationToken)
            : null;

    /// <summary>Finds a page of views that lie in one bucket: what a user owns.</summary>
    public ValueTask<IReadOnlyList<Document>> QueryAsync(Bucket bucket, DocumentQuery query, CancellationToken cancellationToken) =>
        OpenAsync(query, q => shards.Of(bucket).Store.QueryAsync(q, cancellationToken), cancellationToken);

    /// <summary>Finds a page of views wherever they lie, in the order of their ids: asks each shard for a page and merges.</summary>
    public ValueTask<IReadOnlyList<Document>> QueryAllAsync(DocumentQuery query, CancellationToken cancellationToken)
    {
        return OpenAsync(query, ReadAsync, cancellationToken);

        async ValueTask<IReadOnlyList<Document>> ReadAsync(DocumentQuery part)
        {
            var pages = await Task.WhenAll(shards.All.Select(s => s.Store.QueryAsync(part, cancellationToken).AsTask()));
            var all = pages.SelectMany(page => page);
            return [.. (part.IsDescending ? all.OrderByDescending(d => d.Id, StringComparer.Ordinal) : all.OrderBy(d => d.Id, StringComparer.Ordinal)).Take(part.Limit)];
        }
    }

    /// <summary>Reads what a document holds.</summary>
    public T Read<T>(Document document)
        where T : class => json.Read<T>(document.Body);

    // What belongs to somebody who is erased is left out, and the page filled up: a short page would look like the last one.
    private async ValueTask<IReadOnlyList<Document>> OpenAsync(
        DocumentQuery query, Func<DocumentQuery, ValueTask<IReadOnlyList<Document>>> read, CancellationToken cancellationToken)
    {
        var opened = new List<Document>();
        for (var part = query; ;)
        {
            var page = await read(part);
            foreach (var document in page)
            {
                if (await keys.OpenAsync(document, cancellationToken) is { } open)
                {
                    opened.Add(open);
                }
            }

            if (opened.Count == query.Limit || page.Count < part.Limit)
            {
                return opened;
            }

            part = query with { Limit = query.Limit - opened.Count, After = page[^1].Id };
        }
    }
}
