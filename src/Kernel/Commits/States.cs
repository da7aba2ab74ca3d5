using Monolith.Kernel.Events;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>Reads states of aggregates to show them, from memory where that is new enough. What decides loads by a unit of work.</summary>
/// <remarks>
/// What is remembered answers only while this node heard the whole log within <see cref="LogFreshness.Limit"/>, and up to the position that
/// the reader's token demands: as a cached copy does.
/// </remarks>
public sealed class States(Shards shards, Reading reading, Aggregates aggregates, StateMemory memory, LogFreshness freshness)
{
    /// <summary>Finds the state of an aggregate; the initial one at version 0 where the stream was never written.</summary>
    /// <exception cref="Ports.DamagedException">It is damaged, and so is its stream.</exception>
    public async ValueTask<Loaded<T>> FindAsync<T>(StreamId stream, CancellationToken cancellationToken)
        where T : class, IAggregate<T>
    {
        var shard = shards.Of(stream.Bucket);
        var demanded = new LogPosition(shard.Log, reading.DemandOf(shard));

        // Whether all was heard first: what is heard of in between is dropped before the look. What this process has just stored a reader
        // may know a moment before it is noted here.
        var isHeard = demanded.Value == 0 || freshness.HasHeard(shard, demanded.Value);
        var found = freshness.IsFresh(stream.Bucket) && memory.FindStored(stream, demanded, isHeard) is { } known
            ? known
            : await aggregates.RememberAsync<T>(stream, cancellationToken);
        return new Loaded<T>(stream, found.Version, (T)found.State);
    }
}
