using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>The map of a deployment with one store: every bucket is there.</summary>
public sealed class SingleShard : IShardMap
{
    /// <inheritdoc />
    public long Epoch => 1;

    /// <inheritdoc />
    public int ShardOf(Bucket bucket) => 0;
}
