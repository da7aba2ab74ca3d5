using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports;

/// <summary>Keeps copies that may be lost at any moment. Never the truth.</summary>
/// <remarks>
/// Every adapter passes <c>CacheContract</c>. Calls are safe from any thread. A call that throws means: go to the source.
/// </remarks>
public interface ICache : ICacheInvalidator
{
    /// <summary>Finds an entry; null when it was never set, ran out, was evicted or dropped.</summary>
    ValueTask<CacheEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Sets an entry, unless one of its tags was evicted at a position above the entry's: then it is outdated already and dropped.
    /// </summary>
    /// <param name="key">At most 512 characters.</param>
    /// <param name="entry">What to keep.</param>
    /// <param name="lifetime">How long at most; more than zero.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask SetAsync(string key, CacheEntry entry, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>Removes an entry; one that is not there is fine.</summary>
    ValueTask RemoveAsync(string key, CancellationToken cancellationToken);
}

/// <summary>
/// Copies of what streams show, to be dropped when a stream changes. Every commit does, and every node again when it reads the commit in
/// the log.
/// </summary>
/// <remarks>A port that keeps copies of its own beside the cache is registered under this as well.</remarks>
public interface ICacheInvalidator
{
    /// <summary>
    /// Removes every entry that has the tag and was built below a position, also one that is still on its way to
    /// <see cref="ICache.SetAsync"/>.
    /// </summary>
    /// <remarks>An entry that was built from the log of another shard is removed as well: what the tag names has moved.</remarks>
    /// <param name="tag">The name of a stream, for example.</param>
    /// <param name="position">Where the log was when what the tag names last changed.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken);
}

/// <param name="Value">The copy.</param>
/// <param name="Position">How far the log was when the copy was begun to be made: an entry older than a reader's token is a miss.</param>
/// <param name="Tags">By what it can be evicted.</param>
public sealed record CacheEntry(byte[] Value, LogPosition Position, IReadOnlyList<string> Tags);
