using Monolith.Kernel.Events;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// The right of one node at a time to follow a shard's log by other means than a subscription: the lease that subscriptions have, for
/// products that bring their own reader of the log.
/// </summary>
/// <remarks>
/// It gives liveness. Safety comes from what the holder writes: two nodes may for a moment both believe that they hold it.
/// </remarks>
public sealed class ShardLease
{
    private readonly SubscriptionLease _lease;

    /// <param name="name">Permanent: the lease is kept under it.</param>
    /// <param name="shard">Where.</param>
    /// <param name="node">Who asks.</param>
    /// <param name="json">Writes the document.</param>
    /// <param name="clock">Measures its term.</param>
    public ShardLease(string name, Shard shard, Node node, StoredJson json, TimeProvider clock) =>
        _lease = new SubscriptionLease(name, startsNow: false, shard, node, json, clock);

    /// <summary>Takes the lease, or prolongs it when that is due: ask every few seconds. False while another node holds it.</summary>
    /// <exception cref="Ports.Store.StoreUnavailableException">The store cannot be reached; what was held ends by itself.</exception>
    public Task<bool> HoldAsync(CancellationToken cancellationToken) => _lease.HoldAsync(cancellationToken);

    /// <summary>Forgets what is believed to be held, so that the next look at the store decides.</summary>
    public void Lose() => _lease.Lose();

    /// <summary>Lets another node take over at once. As good as possible: the term ends by itself otherwise.</summary>
    public Task GiveBackAsync() => _lease.GiveBackAsync();
}
