using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>The map as every store keeps it. The copy of shard 0 has the word; the version of its document is that of the map.</summary>
/// <param name="Deployment">Made at the first start, the same in every store.</param>
/// <param name="Epoch">Rises whenever a bucket moves.</param>
/// <param name="Here">The number of the shard that the store is in which this copy lies.</param>
/// <param name="Shards">Every shard there is or was, in the order of their numbers. It only grows.</param>
/// <param name="Ranges">Every place, once, rising.</param>
internal sealed record ShardMap(
    Guid Deployment, long Epoch, int Here, IReadOnlyList<ShardEntry> Shards, IReadOnlyList<PlaceRange> Ranges)
{
    public const string Kind = "kernel.shard-map.v2";

    /// <summary>What versions before 0.1.0 wrote.</summary>
    public const string FormerKind = "kernel.shard-map.v1";

    public const string Id = "map";

    /// <summary>Spreads every bucket over stores that are all empty: contiguous and equal parts, in the order of their names.</summary>
    public static ShardMap First(Guid deployment, IReadOnlyList<string> names)
    {
        var count = names.Count;
        var ranges = names.Select((_, i) => new PlaceRange(
            new Bucket(i * Bucket.Count / count).Code, ((i + 1) * Bucket.Count / count * Bucket.KinCount) - 1, i));
        return new ShardMap(deployment, 1, 0, [.. names.Select((name, i) => new ShardEntry(i, name, ShardState.Active))], [.. ranges]);
    }

    /// <summary>What a process routes by.</summary>
    /// <exception cref="ShardMapException">A place has no shard or two, or a number is out of its order.</exception>
    public ShardSpread Spread()
    {
        var next = 0;
        foreach (var range in Ranges)
        {
            if (range.From != next || range.Through < range.From || range.Shard < 0 || range.Shard >= Shards.Count)
            {
                throw new ShardMapException($"the stored map does not say once where place {next} lies");
            }

            next = range.Through + 1;
        }

        return next != Bucket.Count * Bucket.KinCount ? throw new ShardMapException("the stored map leaves buckets out")
            : Shards.Where((entry, i) => entry.Number != i)
                .Any() ? throw new ShardMapException("the stored map numbers a shard out of order")
            : new ShardSpread(Epoch, [.. Shards.Select(s => s.State)], [.. Ranges.Select(r => (r.From, r.Shard))]);
    }
}

/// <param name="Number">Its place in the list; it is never given to another shard.</param>
/// <param name="Name">What the configuration called it last.</param>
/// <param name="State">Whether it holds buckets.</param>
internal sealed record ShardEntry(int Number, string Name, ShardState State);

/// <param name="From">First place; a bucket has 2^18 of them.</param>
/// <param name="Through">Last place.</param>
/// <param name="Shard">Number of the shard that holds them.</param>
internal sealed record PlaceRange(int From, int Through, int Shard);

/// <param name="Map">As it was read.</param>
/// <param name="Version">Of the document.</param>
internal sealed record StoredMap(ShardMap Map, long Version);
