using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>The role of a store that shows what was committed. <see cref="HeadAsync"/> tells how far it is.</summary>
/// <remarks>Views need no more than this role (see <c>Reading</c>). What decides something reads the <see cref="IStore"/> itself.</remarks>
public interface IReadStore
{
    /// <summary>Reads a page of a stream from just after a version, oldest first. An absent stream gives nothing.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken);

    /// <summary>Reads a page of the shard's log from just after a position, oldest first.</summary>
    /// <remarks>
    /// The position rule: once a position above zero was visible, no lower one above zero ever appears. So a subscription that remembers
    /// its last position misses nothing. Positions below zero are events that were imported, at any time; a subscription never looks there.
    /// </remarks>
    /// <param name="afterPosition">
    /// <see cref="LogStart"/> for the beginning: native events have positions from 1, imported ones below zero.
    /// </param>
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
}

/// <summary>A page of the log.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="Through">Everything up to here was looked at: where to go on, even when no event of the asked types was found.</param>
public sealed record LogPage(IReadOnlyList<StoredEvent> Events, long Through);
