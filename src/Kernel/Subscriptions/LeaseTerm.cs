using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>What the leases of subscriptions have in common: how long they are, when they are prolonged, how they are stored.</summary>
internal static class LeaseTerm
{
    // Long enough that a busy node does not lose it by accident, short enough that another soon takes over from a dead one.
    private static readonly TimeSpan _length = TimeSpan.FromSeconds(30);

    /// <summary>When a lease that is taken or prolonged now expires.</summary>
    public static DateTimeOffset Next(TimeProvider clock) => clock.GetUtcNow() + _length;

    /// <summary>Whether a lease is still held and need not be prolonged yet.</summary>
    public static bool Holds(DateTimeOffset? expiresAt, DateTimeOffset now) => expiresAt > now + (_length / 3);

    /// <summary>Stores the document of a lease with others of its shard, in one commit.</summary>
    /// <returns>What was in the way; null when all of it is stored.</returns>
    public static async Task<Conflict?> CommitAsync(
        Shard shard, DocumentWrite lease, IReadOnlyList<DocumentWrite> documents, TimeProvider clock,
        CancellationToken cancellationToken) =>
        await shard.CommitAsync(
            new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [lease, .. documents] },
            cancellationToken) as Conflict;
}
