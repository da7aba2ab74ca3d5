using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>Says which shard holds a bucket, and which store is which shard.</summary>
public interface IShardMap
{
    /// <summary>The map as this process knows it.</summary>
    /// <exception cref="InvalidOperationException">It is not loaded yet.</exception>
    ShardSpread Current { get; }

    /// <summary>Loads the map, or agrees on one at the first start. Called once, when every store is open.</summary>
    /// <param name="stores">In the order of the configuration.</param>
    /// <param name="mayWrite">False where the stores can only be read.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The number of the shard that each store is, in the order of the stores.</returns>
    /// <exception cref="ShardMapException">The stores are not those that the map was made for.</exception>
    ValueTask<IReadOnlyList<int>> OpenAsync(IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken);

    /// <summary>Reads the map again, for when something names what this process does not know yet.</summary>
    /// <exception cref="StoreUnavailableException">The first shard cannot be reached; what is known stays.</exception>
    ValueTask RefreshAsync(CancellationToken cancellationToken);
}

/// <summary>The stores that are configured are not those of this deployment. Nothing was changed.</summary>
/// <param name="reason">One readable line.</param>
public sealed class ShardMapException(string reason) : Exception($"Adapters:Store: {reason}");
