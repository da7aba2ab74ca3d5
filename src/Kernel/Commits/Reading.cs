using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Commits;

/// <summary>What one request, reaction or job reads views from: the only way from them to a store.</summary>
/// <remarks>What decides something (aggregates, leases, records of idempotency) reads the store of the shard itself.</remarks>
public sealed class Reading(CommitScope scope)
{
    /// <summary>The position that what is read of a shard must have reached: what the caller knows, and what this scope wrote.</summary>
    public long DemandOf(Shard shard) => scope.DemandOf(shard.Log);

    /// <summary>Finds what answers for a shard.</summary>
    /// <param name="shard">Which one.</param>
    /// <param name="cancellationToken">Cancels the wait for a server that is far enough.</param>
    public ValueTask<IReadStore> OfAsync(Shard shard, CancellationToken cancellationToken) =>
        shard.ReaderAsync(DemandOf(shard), cancellationToken);
}
