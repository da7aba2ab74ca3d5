using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>Reads documents that projections made. A damaged one is rebuilt from its stream.</summary>
public sealed partial class Views(
    Shards shards, Reading reading, SubjectKeys keys, StoredJson json, AggregateCatalog aggregates, ILogger<Views> log)
{
    private const int PageSize = 500;

    /// <summary>Finds the view of what an id names; null when there is none.</summary>
    /// <exception cref="DamagedException">It is damaged, and so is its stream.</exception>
    public async ValueTask<Document?> FindAsync<TId>(string kind, TId id, CancellationToken cancellationToken)
        where TId : struct, IId<TId>
    {
        var store = await reading.OfAsync(shards.Of(id.Bucket()), cancellationToken);
        return await store.FindAsync(kind, id.Value.ToString(), cancellationToken) is { } document
            ? await WholeAsync(store, document, cancellationToken)
            : null;
    }

    /// <summary>Finds a page of views that lie in one bucket: what a user owns.</summary>
    /// <exception cref="DamagedException">One is damaged, and so is its stream.</exception>
    public ValueTask<IReadOnlyList<Document>> QueryAsync(Bucket bucket, DocumentQuery query, CancellationToken cancellationToken) =>
        QueryAsync(shards.Of(bucket), query, cancellationToken);

    /// <summary>Finds a page of views wherever they lie, in the order of their ids: asks each shard for a page and merges.</summary>
    /// <exception cref="DamagedException">One is damaged, and so is its stream.</exception>
    public async ValueTask<IReadOnlyList<Document>> QueryAllAsync(DocumentQuery query, CancellationToken cancellationToken)
    {
        var pages = await Task.WhenAll(shards.All.Select(s => QueryAsync(s, query, cancellationToken).AsTask()));
        var all = pages.SelectMany(page => page);
        return [
            .. (
                query.IsDescending
                    ? all.OrderByDescending(d => d.Id, StringComparer.Ordinal)
                    : all.OrderBy(d => d.Id, StringComparer.Ordinal)).Take(query.Limit)];
    }

    /// <summary>Reads what a document holds.</summary>
    public T Read<T>(Document document)
        where T : class => json.Read<T>(document.Body);

    // What belongs to an erased user is left out, and the page filled up: a short page would look like the last one.
    private async ValueTask<IReadOnlyList<Document>> QueryAsync(Shard shard, DocumentQuery query, CancellationToken cancellationToken)
    {
        var whole = new List<Document>();
        var store = await reading.OfAsync(shard, cancellationToken);
        for (var part = query; ;)
        {
            var page = await store.QueryAsync(part, cancellationToken);
            foreach (var document in page)
            {
                if (await WholeAsync(store, document, cancellationToken) is { } open)
                {
                    whole.Add(open);
                }
            }

            if (whole.Count == query.Limit || page.Count < part.Limit)
            {
                return whole;
            }

            part = query with { Limit = query.Limit - whole.Count, After = page[^1].Id };
        }
    }

    /// <summary>Opens a document, or rebuilds it where it is damaged; null when its subject is erased.</summary>
    private async ValueTask<Document?> WholeAsync(IReadStore store, Document document, CancellationToken cancellationToken)
    {
        try
        {
            var open = await keys.OpenAsync(document, cancellationToken);
            if (open is null || StoredJson.IsWhole(open.Body))
            {
                return open;
            }
        }
        catch (CryptographicException)
        {
            // It is sealed, and damaged all the same.
        }

        return await RemakeAsync(store, document, cancellationToken);
    }

    /// <summary>Makes a damaged document from its stream, for now: `rebuild`, or the next commit to the stream, stores it.</summary>
    private async Task<Document?> RemakeAsync(IReadStore store, Document document, CancellationToken cancellationToken)
    {
        var name = $"Document {document.Kind}/{document.Id}";
        if (aggregates.All.FirstOrDefault(a => a.Kinds.Contains(document.Kind)) is not { } aggregate
            || !Guid.TryParse(document.Id, out var id))
        {
            throw new DamagedException(name, null);
        }

        LogDamaged(document.Kind, document.Id);
        var stream = new StreamId(Bucket.Of(id), aggregate.Category, document.Id);
        var history = new List<StoredEvent>();
        for (IReadOnlyList<StoredEvent>? page = null; page is not { Count: < PageSize };)
        {
            page = await store.ReadStreamAsync(stream, history.Count, PageSize, cancellationToken);
            history.AddRange(page);
        }

        try
        {
            var made = (await aggregate.DocumentsOfAsync(stream, history, cancellationToken)).First(d => d.Kind == document.Kind);
            return made.Body is { } body
                ? await keys.OpenAsync(document with { Body = body, Version = made.Version }, cancellationToken)
                : throw new DamagedException(name, null);
        }
        catch (Exception e) when (e is JsonException or DamagedException { InnerException: not null })
        {
            throw new DamagedException($"{name} and its stream", e);
        }
    }

    [LoggerMessage(LogLevel.Error, "Document {Kind}/{Id} is damaged; its stream is read instead")]
    private partial void LogDamaged(string kind, string id);
}
