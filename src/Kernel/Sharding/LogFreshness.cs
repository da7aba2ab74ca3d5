using System.Collections.Concurrent;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>
/// Knows how long ago this process had heard all that is in the log of a shard. What it remembers of the shard, and drops by the log, is
/// right as of then. Safe from any thread.
/// </summary>
/// <remarks>
/// Asking is what keeps it fresh: a node without requests does not look. Where no other process can write to the store there is nothing to
/// hear of, and every answer is fresh.
/// </remarks>
public sealed class LogFreshness(Shards shards, TimeProvider clock)
{
    /// <summary>How old what is remembered may be: what another node changed is effective here within that time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, State> _byShard = new();

    /// <summary>Whether everything that was stored in a bucket up to <see cref="Limit"/> ago was heard of. Never waits.</summary>
    public bool IsFresh(Bucket bucket)
    {
        var shard = shards.Of(bucket);
        if (shard.Store.IsExclusive)
        {
            return true;
        }

        var state = StateOf(shard);
        var heardAt = Volatile.Read(ref state.HeardAt);
        var age = heardAt < 0 ? TimeSpan.MaxValue : clock.GetElapsedTime(heardAt);

        // Early enough for the answer to be there before the time is over.
        if (age > Limit / 2 && Interlocked.Exchange(ref state.IsAsked, 1) == 0)
        {
            state.Asked.Raise();
        }

        return age <= Limit;
    }

    /// <summary>Whether everything up to a position was heard of, however long ago it was stored. Never waits.</summary>
    /// <remarks>A store that no other process writes to is read just once, at the start.</remarks>
    internal bool HasHeard(Shard shard, long position) => Interlocked.Read(ref StateOf(shard).Position) >= position;

    /// <summary>Notes that all that lies in the log up to a position was heard of, and that what it outdated was dropped.</summary>
    internal void Followed(Shard shard, long position) => Interlocked.Exchange(ref StateOf(shard).Position, position);

    /// <summary>Whether a look is asked for.</summary>
    internal bool IsAsked(Shard shard) => Volatile.Read(ref StateOf(shard).IsAsked) != 0;

    /// <summary>Completes when the next look is asked for.</summary>
    internal Task NextAsked(Shard shard) => StateOf(shard).Asked.Next;

    /// <summary>Notes that all that was stored when a look began was heard of, and that what it outdated was dropped.</summary>
    /// <param name="shard">Whose log.</param>
    /// <param name="began">Timestamp of the clock.</param>
    internal void Heard(Shard shard, long began)
    {
        var state = StateOf(shard);
        Volatile.Write(ref state.HeardAt, began);
        Volatile.Write(ref state.IsAsked, 0);
    }

    private State StateOf(Shard shard) => _byShard.GetOrAdd(shard.Number, static _ => new State());

    private sealed class State
    {
        public long HeardAt = -1;
        public long Position = -1;
        public int IsAsked;

        public Signal Asked { get; } = new();
    }
}
