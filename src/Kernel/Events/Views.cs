using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>Reads documents that projections made.</summary>
public sealed class Views(Shards shards, StoredJson json)
{
    /// <summary>Finds the view of what an id names; null when there is none.</summary>
    public ValueTask<Document?> FindAsync<TId>(string kind, TId id, CancellationToken cancellationToken)
        where TId : struct, IId<TId> => shards.Of(id.Bucket()).Store.FindAsync(kind, id.Value.ToString(), cancellationToken);

    /// <summary>Finds a page of views that lie in one bucket: what a user owns.</summary>
    public ValueTask<IReadOnlyList<Document>> QueryAsync(Bucket bucket, DocumentQuery query, CancellationToken cancellationToken) =>
        shards.Of(bucket).Store.QueryAsync(query, cancellationToken);

    /// <summary>Finds a page of views wherever they lie, in the order of their ids: asks each shard for a page and merges.</summary>
    public async ValueTask<IReadOnlyList<Document>> QueryAllAsync(DocumentQuery query, CancellationToken cancellationToken)
    {
        var pages = await Task.WhenAll(shards.All.Select(s => s.Store.QueryAsync(query, cancellationToken).AsTask()));
        var all = pages.SelectMany(page => page);
        return [.. (query.IsDescending ? all.OrderByDescending(d => d.Id, StringComparer.Ordinal) : all.OrderBy(d => d.Id, StringComparer.Ordinal)).Take(query.Limit)];
    }

    /// <summary>Reads what a document holds.</summary>
    public T Read<T>(Document document)
        where T : class => json.Read<T>(document.Body);
}
