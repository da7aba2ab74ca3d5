namespace Monolith.Kernel.Ports.Store;

/// <summary>The role of a store that hands out the messages of commits to workers.</summary>
public interface IMessageStore
{
    /// <summary>
    /// Takes messages that are due, the lowest lane first, within it the longest due. No other worker gets them while the lease holds.
    /// </summary>
    ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken);

    /// <summary>
    /// Reserves messages that are due, the lowest lane first, within it the longest due. They are not due again before the lease expires,
    /// and have no owner.
    /// </summary>
    /// <remarks>No attempt at them: the token stays what it was, and a former holder holds it no longer.</remarks>
    ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes messages that were reserved: those that were not taken, deferred or settled meanwhile. Of several copies one is taken.
    /// </summary>
    /// <returns>As the store has them, in the order of the request.</returns>
    ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken);

    /// <summary>Prolongs a lease from now on. False when it was lost: stop working on it.</summary>
    ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Makes due at once what an owner had taken: for a node that comes back and knows that its former self is dead.</summary>
    /// <returns>How many messages.</returns>
    ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken);

    /// <summary>Tells when the next message of these kinds falls due, leased ones included; null when there is none.</summary>
    ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken);

    /// <summary>Counts the messages of a kind that are due now.</summary>
    /// <param name="kind">Which kind.</param>
    /// <param name="limit">Where counting ends, from 1: that many or more.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken);
}
