using System.Globalization;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>The map that was agreed on at the first start. Every store keeps a copy, and knows which of the shards it is.</summary>
/// <remarks>
/// So a deployment finds its data again whatever becomes of its configuration: stores that were swapped, left out, added or taken from
/// another deployment are refused before anything is routed to them.
/// </remarks>
public sealed class StoredShardMap(StoreNames names, StoredJson json, TimeProvider clock) : IShardMap
{
    private const string Kind = "kernel.shard-map.v1";
    private const string Id = "map";

    // Replaced as a whole, so that a shard and its epoch are never of two maps.
    private volatile Spread? _spread;

    /// <inheritdoc />
    public long Epoch => _spread?.Epoch ?? 1;

    /// <inheritdoc />
    public (int Shard, long Epoch) RouteOf(Bucket bucket)
    {
        var spread = _spread ?? throw new InvalidOperationException("The shard map is not loaded yet.");
        return (spread.ShardOfBucket[bucket.Number], spread.Epoch);
    }

    /// <inheritdoc />
    /// <remarks>Any number of nodes may start at once: one map wins.</remarks>
    public async ValueTask OpenAsync(IReadOnlyList<IStore> stores, CancellationToken cancellationToken)
    {
        while (true)
        {
            await RefuseMovedAsync(stores, cancellationToken);
            var copies = await Task.WhenAll(stores.Select(s => FindAsync(s, cancellationToken)));
            var map = copies.FirstOrDefault(c => c is not null) ?? Make(Values.Id.New(clock, Bucket.Here));
            Check(map, copies);
            if (await CopyAsync(map, copies, stores, cancellationToken))
            {
                _spread = new Spread(map.Spread(), map.Epoch);
                return;
            }
        }
    }

    private async Task RefuseMovedAsync(IReadOnlyList<IStore> stores, CancellationToken cancellationToken)
    {
        for (var i = 0; i < stores.Count; i++)
        {
            if (await stores[i].FindAsync(MoveMark.Kind, MoveMark.Incoming, cancellationToken) is not null)
            {
                throw new ShardMapException($"the move into {names.All[i]} is not complete; go on with ./run move, from the store that it comes from");
            }

            if (await stores[i].FindAsync(MoveMark.Kind, MoveMark.Gone, cancellationToken) is { } gone)
            {
                var mark = json.Read<MoveMark>(gone.Body);
                throw new ShardMapException(string.Create(
                    CultureInfo.InvariantCulture, $"{names.All[i]} was moved to {mark.To} at {mark.At:yyyy-MM-ddTHH:mm:ssZ}; configure that instead"));
            }
        }
    }

    private ShardMap Make(Guid deployment)
    {
        // Contiguous and equal parts; what is stored counts, so this may change without moving anything.
        var count = names.All.Count;
        var ranges = names.All.Select((name, i) => new ShardRange(name, i * Bucket.Count / count, ((i + 1) * Bucket.Count / count) - 1));
        return new ShardMap(deployment, 1, names.All[0], names.All, [.. ranges]);
    }

    private void Check(ShardMap map, ShardMap?[] copies)
    {
        if (!map.Shards.SequenceEqual(names.All))
        {
            throw new ShardMapException($"the configuration names {List(names.All)}, and this deployment was spread over {List(map.Shards)} "
                + "at its first start; stores cannot be added, removed or renamed yet");
        }

        for (var i = 0; i < copies.Length; i++)
        {
            if (copies[i] is { } copy && copy.Deployment != map.Deployment)
            {
                throw new ShardMapException($"{names.All[i]} belongs to another deployment than {names.All[Array.IndexOf(copies, map)]}");
            }

            if (copies[i] is { } other && other.Here != names.All[i])
            {
                throw new ShardMapException($"what the configuration calls {names.All[i]} is the store of {other.Here}");
            }
        }
    }

    /// <returns>False when another node was faster with one: look again.</returns>
    private async Task<bool> CopyAsync(ShardMap map, ShardMap?[] copies, IReadOnlyList<IStore> stores, CancellationToken cancellationToken)
    {
        var missing = Enumerable.Range(0, stores.Count).Where(i => copies[i] is null).ToList();
        foreach (var i in missing)
        {
            // A store alone may have been in use before there were maps: every bucket is there, as the map will say.
            if (stores.Count > 1 && (await stores[i].ReadLogAsync(LogStart.All, 1, types: null, cancellationToken)).Events.Count > 0)
            {
                throw new ShardMapException(
                    $"{names.All[i]} holds data that was not spread over several stores from its first start on; that cannot be done later yet");
            }
        }

        // The first one first: whoever writes that has the word.
        foreach (var i in missing)
        {
            var copy = new DocumentWrite(Kind, Id, null, json.Write(map with { Here = names.All[i] }), 1) { ExpectedVersion = 0 };
            var commit = new Commit { Id = Values.Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [copy] };
            if ((await stores[i].CommitAsync([commit], cancellationToken))[0] is Conflict)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<ShardMap?> FindAsync(IStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(Kind, Id, cancellationToken) is { } stored ? json.Read<ShardMap>(stored.Body) : null;

    private sealed record Spread(int[] ShardOfBucket, long Epoch);

    private static string List(IReadOnlyList<string> names) => names.Count == 1 && names[0] == StoreNames.Single ? "one store" : string.Join(", ", names);
}

/// <param name="Deployment">Made at the first start, the same in every store.</param>
/// <param name="Epoch">Rises whenever a bucket moves.</param>
/// <param name="Here">Which of the shards the store is that this copy lies in.</param>
/// <param name="Shards">Every shard; its place is its index.</param>
/// <param name="Ranges">Every bucket, once.</param>
internal sealed record ShardMap(Guid Deployment, long Epoch, string Here, IReadOnlyList<string> Shards, IReadOnlyList<ShardRange> Ranges)
{
    /// <summary>The index of the shard of each bucket.</summary>
    /// <exception cref="ShardMapException">A bucket has no shard, or two.</exception>
    public int[] Spread()
    {
        var spread = Enumerable.Repeat(-1, Bucket.Count).ToArray();
        foreach (var range in Ranges)
        {
            var shard = Shards.ToList().IndexOf(range.Shard);
            for (var bucket = range.From; bucket <= range.To; bucket++)
            {
                spread[bucket] = spread[bucket] < 0 ? shard : throw new ShardMapException($"the stored map has bucket {bucket} twice");
            }
        }

        return spread.Contains(-1) ? throw new ShardMapException("the stored map leaves buckets out") : spread;
    }
}

/// <param name="Shard">Which one.</param>
/// <param name="From">First bucket.</param>
/// <param name="To">Last bucket.</param>
internal sealed record ShardRange(string Shard, int From, int To);
