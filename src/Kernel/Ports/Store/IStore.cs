using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>Keeps the events, documents and messages of one shard. The only place the system's facts live.</summary>
/// <remarks>
/// Every adapter passes <c>StoreContract</c>. Acknowledged means on disk. Calls are safe from any thread. A call that is cancelled or
/// throws may or may not have happened. <see cref="StoreUnavailableException"/> from any call: nothing is known to be wrong but the way there.
/// </remarks>
public interface IStore
{
    /// <summary>Whether no other process can have this store open: then every lease that was there before is a dead process's.</summary>
    bool IsExclusive => false;

    /// <summary>Makes the schema where it is missing and checks its format. Called once, before anything else.</summary>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Stores each commit of the batch, in order, in one transaction; one that conflicts leaves nothing and spoils no other.</summary>
    /// <param name="batch">One or more. A commit may rely on what an earlier one of the same batch wrote.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>One outcome per commit, in the same order.</returns>
    ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken);

    /// <summary>Reads a page of a stream from just after a version, oldest first. An absent stream gives nothing.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken);

    /// <summary>Lists streams by name, byte by byte, with how far each is, to check or rebuild them all.</summary>
    /// <param name="afterName">Empty for the beginning.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken);

    /// <summary>Reads a page of the shard's log from just after a position, oldest first.</summary>
    /// <remarks>
    /// The position rule: once a position above zero was visible, no lower one above zero ever appears. So a subscription that remembers its last
    /// position misses nothing. Positions below zero are events that were imported, at any time; a subscription never looks there.
    /// </remarks>
    /// <param name="afterPosition"><see cref="LogStart"/> for the beginning: native events have positions from 1, imported ones below zero.</param>
    /// <param name="limit">How many events at most, from 1.</param>
    /// <param name="types">Only events of these types; null for all.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<LogPage> ReadLogAsync(long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken);

    /// <summary>Tells the position of the last native event; 0 when there is none.</summary>
    ValueTask<long> HeadAsync(CancellationToken cancellationToken);

    /// <summary>Finds a document by its primary key; null when there is none.</summary>
    ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken);

    /// <summary>Finds a page of documents.</summary>
    ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken);

    /// <summary>Takes messages that are due, the lowest lane first, within it the longest due. No other worker gets them while the lease holds.</summary>
    ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken);

    /// <summary>Reserves messages that are due, the lowest lane first, within it the longest due. They are not due again before the lease expires, and have no owner.</summary>
    /// <remarks>No attempt at them: the token stays what it was, and a former holder holds it no longer.</remarks>
    ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken);

    /// <summary>Takes messages that were reserved: those that were not taken, deferred or settled meanwhile. Of several copies one is taken.</summary>
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

/// <summary>How far a stream is.</summary>
/// <param name="Stream">Which one.</param>
/// <param name="Version">Of its last event.</param>
/// <param name="Head">What <c>HashChain</c> gives for its events, as computed when they were stored.</param>
public sealed record StreamHead(StreamId Stream, long Version, ReadOnlyMemory<byte> Head);

/// <summary>A page of the log.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="Through">Everything up to here was looked at: where to go on, even when no event of the asked types was found.</param>
public sealed record LogPage(IReadOnlyList<StoredEvent> Events, long Through);

/// <summary>The store cannot be reached or cannot write at the moment.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <param name="reason">One readable line without secrets.</param>
    /// <param name="isFull">Whether the disk is full: reads go on, writes do not.</param>
    /// <param name="cause">What the driver threw.</param>
    public StoreUnavailableException(string reason, bool isFull, Exception? cause)
        : base(reason, cause) => IsFull = isFull;

    /// <summary>Whether the disk is full.</summary>
    public bool IsFull { get; }
}
