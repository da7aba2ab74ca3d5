using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>
/// What a store can do besides when it is one file on this machine. A store on a server is backed up with that server's tools.
/// </summary>
public interface IFileStore
{
    /// <summary>Whether anything was ever stored there.</summary>
    bool Exists { get; }

    /// <summary>
    /// A directory beside it to put a store together in. While it is there and the store is not, the store cannot be opened.
    /// </summary>
    string Staging { get; }

    /// <summary>Tells the last position before the first native event that is later than a time. The store must be open.</summary>
    ValueTask<long> PositionAtAsync(DateTimeOffset time, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets every event after a position (0 keeps what was imported), and every message; documents stay as they are. Only for a store
    /// that is not in use yet, and open.
    /// </summary>
    ValueTask RewindAsync(long position, CancellationToken cancellationToken);

    /// <summary>Makes it ready for reading only, beside its users.</summary>
    /// <exception cref="StoreUnavailableException">It is not there or cannot be read.</exception>
    ValueTask OpenForReadingAsync(CancellationToken cancellationToken);

    /// <summary>Copies all of it as it is at one moment, beside its users. The copy is on disk when this returns.</summary>
    /// <param name="path">A file that does not exist yet. A copy that was cancelled or failed may leave a part of it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<StoreCounts> CopyToAsync(string path, CancellationToken cancellationToken);

    /// <summary>Puts a copy in place. It is there as a whole when this returns, otherwise not at all.</summary>
    /// <param name="path">What <see cref="CopyToAsync"/> made.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StoreInUseException">Another process uses the store.</exception>
    /// <exception cref="InvalidOperationException">There is a store already.</exception>
    ValueTask RestoreAsync(string path, CancellationToken cancellationToken);
}

/// <summary>How much a store holds.</summary>
/// <param name="Head">Position of the last native event.</param>
/// <param name="Events">How many.</param>
/// <param name="Streams">How many.</param>
/// <param name="Documents">How many.</param>
/// <param name="Messages">How many.</param>
public sealed record StoreCounts(long Head, long Events, long Streams, long Documents, long Messages);
