using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports;

/// <summary>Says which shard holds a bucket.</summary>
public interface IShardMap
{
    /// <summary>Rises whenever a bucket moves. A commit that was routed by an older map is refused.</summary>
    long Epoch { get; }

    /// <summary>Tells the index of the shard, from 0.</summary>
    int ShardOf(Bucket bucket);
}
