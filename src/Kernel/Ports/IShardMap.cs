using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports;

/// <summary>Says which shard holds a bucket.</summary>
public interface IShardMap
{
    /// <summary>Loads the map, or agrees on one at the first start. Called once, when every store is open.</summary>
    /// <param name="stores">In the order of their indices.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ShardMapException">The stores are not those that the map was made for.</exception>
    ValueTask OpenAsync(IReadOnlyList<IStore> stores, CancellationToken cancellationToken);

    /// <summary>Rises whenever a bucket moves. A commit that was routed by an older map is refused.</summary>
    long Epoch { get; }

    /// <summary>Tells the index of the shard, from 0, and the epoch of the very map that says so.</summary>
    /// <param name="bucket">Not <see cref="Bucket.Here"/>, which no map lists.</param>
    (int Shard, long Epoch) RouteOf(Bucket bucket);
}

/// <summary>The stores that are configured are not those of this deployment. Nothing was changed.</summary>
/// <param name="reason">One readable line.</param>
public sealed class ShardMapException(string reason) : Exception($"Adapters:Store: {reason}");
