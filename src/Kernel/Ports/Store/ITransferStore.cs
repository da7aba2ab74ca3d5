using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>
/// What a store can do besides so that all it holds can be moved to another: events are read from the log, the rest through here.
/// </summary>
/// <remarks>Every adapter passes <c>TransferStoreContract</c>.</remarks>
public interface ITransferStore : IStore
{
    /// <summary>
    /// Stores events of another log under the positions that they bring, in one transaction: all of them or none. On disk when it returns.
    /// </summary>
    /// <remarks>
    /// An event that its stream holds already, at this version and under this id, is left as it is, so the same import can be sent again.
    /// </remarks>
    /// <param name="events">
    /// One or more with rising positions, those of a stream in the order of their versions, the first one version after the last that is
    /// here. A position above zero lies above the head of this log, so whatever follows the log sees the event; one below zero, from
    /// <see cref="LogStart.Imported"/> on, may be any that is free, and nothing that follows the log sees it.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ImportException">One of them does not fit to what is here. Nothing was stored.</exception>
    ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <summary>Reads a page of all documents with their entries and buckets, by kind and then id, byte by byte.</summary>
    /// <param name="afterKind">Empty for the beginning.</param>
    /// <param name="afterId">Of the last document of the page before.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>As a write that would make each what it is.</returns>
    ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        string afterKind, string afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Reads some documents with their entries and buckets; absent ones are left out.</summary>
    ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        IReadOnlyList<(string Kind, string Id)> which, CancellationToken cancellationToken);

    /// <summary>Reads a page of all messages by id, byte by byte, the leased ones with their leases.</summary>
    /// <param name="after">Empty for the beginning.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(Guid after, int limit, CancellationToken cancellationToken);

    /// <summary>Reads some messages; absent ones are left out.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(IReadOnlyList<Guid> which, CancellationToken cancellationToken);

    /// <summary>Makes messages what they are elsewhere, in one transaction.</summary>
    /// <param name="present">Written over whatever is there.</param>
    /// <param name="gone">Removed; those that are not there are fine.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask WriteMessagesAsync(IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone, CancellationToken cancellationToken);

    /// <summary>Tells how far some streams are; absent ones are left out.</summary>
    ValueTask<IReadOnlyList<StreamHead>> ReadHeadsAsync(IReadOnlyList<StreamId> which, CancellationToken cancellationToken);

    /// <summary>Raises the epoch: from now on commits of another one are refused, from any node. On disk when it returns.</summary>
    ValueTask FenceAsync(long epoch, CancellationToken cancellationToken);
}

/// <summary>A message as it lies in a store.</summary>
/// <param name="Id">Given by the sender.</param>
/// <param name="Kind">As sent.</param>
/// <param name="Bucket">As sent.</param>
/// <param name="Lane">As sent.</param>
/// <param name="Due">Not taken before, UTC: the end of its lease, where it is taken.</param>
/// <param name="Body">As sent.</param>
/// <param name="Token">Fencing token of the last lease; 0 before the first.</param>
/// <param name="Owner">Who holds it; null without a holder.</param>
public sealed record StoredMessage(
    Guid Id, string Kind, Bucket Bucket, int Lane, DateTimeOffset Due, byte[] Body, long Token, string? Owner);

/// <summary>An event cannot be imported, because its stream or its position holds something else. Nothing was stored.</summary>
/// <param name="refused">The first event that does not fit.</param>
public sealed class ImportException(StoredEvent refused)
    : Exception($"Event {refused.Id}, version {refused.Version} of stream {refused.Stream}, does not fit at position {refused.Position}.");
