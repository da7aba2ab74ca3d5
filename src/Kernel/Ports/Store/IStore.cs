using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>Keeps the events, documents and messages of one shard. The only place the system's facts live.</summary>
/// <remarks>
/// Every adapter passes <c>StoreContract</c>. Acknowledged means on disk. Calls are safe from any thread. A call that is cancelled or
/// throws may or may not have happened. <see cref="StoreUnavailableException"/> from any call: nothing is known to be wrong but the way
/// there.
/// </remarks>
public interface IStore : ICommitStore, IReadStore, IMessageStore
{
    /// <summary>Lists streams by name, byte by byte, with how far each is, to check or rebuild them all.</summary>
    /// <param name="afterName">Empty for the beginning.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken);
}

/// <summary>How far a stream is.</summary>
/// <param name="Stream">Which one.</param>
/// <param name="Version">Of its last event.</param>
/// <param name="Head">What <c>HashChain</c> gives for its events, as computed when they were stored.</param>
public sealed record StreamHead(StreamId Stream, long Version, ReadOnlyMemory<byte> Head);

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
