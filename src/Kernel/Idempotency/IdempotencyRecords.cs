using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Idempotency;

/// <summary>Finds the records of requests with an idempotency key, and deletes those that have expired.</summary>
internal sealed class IdempotencyRecords(Shards shards, StoredJson json, TimeProvider clock)
{
    // Small enough that the commits of others hardly wait for a deletion.
    private const int PageSize = 100;

    /// <summary>
    /// Finds a record that has not expired; null when there is none. It lies where the effect is: mostly in the caller's own shard.
    /// </summary>
    public async Task<IdempotencyRecord?> FindAsync(string id, Shard home, CancellationToken cancellationToken)
    {
        if (await FindInAsync(home, id, cancellationToken) is { } record)
        {
            return record;
        }

        var elsewhere = shards.All.Where(shard => shard != home).Select(shard => FindIfReachedAsync(shard, id, cancellationToken));
        return (await Task.WhenAll(elsewhere)).FirstOrDefault(found => found is not null);
    }

    /// <summary>Deletes what has expired in a shard. Repeatable, and any number of nodes may do it.</summary>
    /// <param name="shard">Where.</param>
    /// <param name="onProgress">Called after every page.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task SweepAsync(Shard shard, Action onProgress, CancellationToken cancellationToken)
    {
        foreach (var slot in IdempotencyRecord.ExpiredSlots(clock.GetUtcNow()))
        {
            var query = new DocumentQuery(IdempotencyRecord.Kind, PageSize) { Entry = slot };
            while (await shard.Store.QueryAsync(query, cancellationToken) is { Count: > 0 } expired
                && await DeleteAsync(shard, expired, cancellationToken) is Committed)
            {
                onProgress();
            }
        }
    }

    private async Task<IdempotencyRecord?> FindIfReachedAsync(Shard shard, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await FindInAsync(shard, id, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // It does not hold up what lies elsewhere, and a repetition of what lies there fails at its commit.
            return null;
        }
    }

    private async Task<IdempotencyRecord?> FindInAsync(Shard shard, string id, CancellationToken cancellationToken)
    {
        if (await shard.Store.FindAsync(IdempotencyRecord.Kind, id, cancellationToken) is not { } document)
        {
            return null;
        }

        var record = json.Read<IdempotencyRecord>(document.Body);
        if (record.ExpiresAt > clock.GetUtcNow())
        {
            return record;
        }

        // At once, for the same key may be used again.
        await DeleteAsync(shard, [document], cancellationToken);
        return null;
    }

    private ValueTask<CommitOutcome> DeleteAsync(Shard shard, IReadOnlyList<Document> documents, CancellationToken cancellationToken)
    {
        var deletions = documents.Select(d => new DocumentWrite(d.Kind, d.Id, null, null, d.Version) { ExpectedVersion = d.Version });
        return shard.CommitAsync(
            new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [.. deletions] }, cancellationToken);
    }
}
