using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports;

/// <summary>Tells what becomes of a shard.</summary>
public enum ShardState
{
    /// <summary>It holds buckets.</summary>
    Active,

    /// <summary>It joined, and holds no bucket.</summary>
    Spare,

    /// <summary>It held buckets and left. Its number is not given to another.</summary>
    Removed,
}

/// <summary>A shard map of one epoch: immutable, so what is read of it fits together.</summary>
public sealed class ShardSpread
{
    private readonly IReadOnlyList<ShardState> _states;
    private readonly int[] _from;
    private readonly int[] _shards;

    /// <param name="epoch">Rises whenever a bucket moves.</param>
    /// <param name="states">Of each shard, by its number.</param>
    /// <param name="ranges">The first place of each range, rising from 0, and the number of the shard that holds it.</param>
    public ShardSpread(long epoch, IReadOnlyList<ShardState> states, IReadOnlyList<(int From, int Shard)> ranges)
    {
        (Epoch, _states, _from, _shards) = (epoch, states, [.. ranges.Select(r => r.From)], [.. ranges.Select(r => r.Shard)]);
    }

    /// <summary>Rises whenever a bucket moves. A commit that was routed by an older map is refused.</summary>
    public long Epoch { get; }

    /// <summary>Tells the number of the shard that holds a place.</summary>
    /// <param name="bucket">Not <see cref="Bucket.Here"/>, which no map lists.</param>
    public int ShardOf(Bucket bucket)
    {
        var found = Array.BinarySearch(_from, bucket.Code);
        return _shards[found >= 0 ? found : ~found - 1];
    }

    /// <summary>Tells what became of a shard; null when the map does not list the number.</summary>
    public ShardState? StateOf(int number) => number >= 0 && number < _states.Count ? _states[number] : null;
}
