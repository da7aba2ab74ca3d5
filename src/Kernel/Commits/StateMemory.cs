using Monolith.Kernel.Erasure;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>
/// Remembers states of aggregates that this process loaded or changed, those too whose commits are still on their way. Safe from any
/// thread.
/// </summary>
/// <remarks>
/// What it gives out is a proposal: the version that a commit expects decides. It is dropped by the log, by versions and not by positions:
/// own commits come back by the log while later ones are on their way. See <c>docs/adr/0025-decisions-on-remembered-states.md</c>.
/// </remarks>
public sealed class StateMemory : IDisposable
{
    /// <summary>How much is remembered at most, in bytes, by what <see cref="RememberedState.Size"/> says.</summary>
    internal const long Limit = 32 << 20;

    /// <summary>How long a state is remembered that no request asks for: it holds personal data in clear.</summary>
    internal static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly RememberedStreams _streams;
    private readonly Shards _shards;
    private readonly ITimer _retirement;
    private bool _isRetiring;
    private long _epoch;

    /// <param name="shards">By the epoch of their map all is forgotten: versions may go backwards then.</param>
    /// <param name="clock">Tells what is idle.</param>
    public StateMemory(Shards shards, TimeProvider clock)
        : this(shards, clock, Limit)
    {
    }

    internal StateMemory(Shards shards, TimeProvider clock, long limit)
    {
        (_shards, _streams) = (shards, new RememberedStreams(limit, clock));
        _retirement = clock.CreateTimer(_ => Retire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How much is remembered, in bytes.</summary>
    internal long Size
    {
        get
        {
            lock (_lock)
            {
                return _streams.Size;
            }
        }
    }

    /// <summary>How many streams are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _retirement.Dispose();

    /// <summary>Finds the newest state, which may not be stored yet; null when none is remembered.</summary>
    internal RememberedState? FindNewest(StreamId stream)
    {
        lock (_lock)
        {
            var found = Use(stream.Name);
            if (found?.Newest is { HasFailed: true })
            {
                // Who sent it learns of that in a moment, and forgets it then.
                _streams.Remove(found);
                return null;
            }

            return found?.Newest;
        }
    }

    /// <summary>Finds the newest state that is known to be stored; null when none is remembered that is new enough.</summary>
    /// <param name="stream">Which one.</param>
    /// <param name="demanded">What the reader knows: whatever is stored up to there must be in it.</param>
    /// <param name="isHeard">Whether this node has read the log up to there.</param>
    internal RememberedState? FindStored(StreamId stream, LogPosition demanded, bool isHeard)
    {
        lock (_lock)
        {
            return Use(stream.Name)?.Stored is { } stored && (isHeard || stored.At.Reaches(demanded)) ? stored : null;
        }
    }

    /// <summary>Begins to read a state from the store: what drops the stream meanwhile drops what was read.</summary>
    internal RememberedStream BeginRead(StreamId stream)
    {
        lock (_lock)
        {
            return Use(stream.Name) ?? Add(stream.Name);
        }
    }

    /// <summary>Remembers what was read, unless the stream was dropped since or something newer is known.</summary>
    /// <param name="begun">Of <see cref="BeginRead"/>.</param>
    /// <param name="state">What was read; version 0 is not remembered.</param>
    internal void EndRead(RememberedStream begun, RememberedState state)
    {
        lock (_lock)
        {
            if (_streams.Holds(begun) && state.Version > (begun.Newest?.Version ?? 0))
            {
                begun.Stored = begun.Newest = state;
                _streams.Resize(begun);
            }
            else if (_streams.Holds(begun) && begun.Stored is { } known && known.Version == state.Version
                && ReferenceEquals(begun.Newest, known))
            {
                begun.Stored = begun.Newest = known with { At = state.At }; // Nothing more is stored up to there.
            }
        }
    }

    /// <summary>
    /// Puts a commit into its shard's queue, and remembers what it makes of its streams from that moment on: the next decision is queued
    /// behind it. Never waits.
    /// </summary>
    /// <returns>How it ends; null when it cannot be queued now, and nothing was remembered.</returns>
    /// <exception cref="ConflictException">A newer state is known: nothing was queued.</exception>
    internal Task<CommitOutcome>? TryQueue(Shard shard, Commit commit, StateChanges changes)
    {
        lock (_lock)
        {
            foreach (var change in changes.All)
            {
                var newest = _streams.Find(change.Stream)?.Newest;
                if (newest is null ? change.BasedOn.HasFailed : !change.Follows(newest))
                {
                    throw new ConflictException(
                        new Conflict(ConflictKind.Stream, change.Stream, newest?.Version ?? 0)) { IsLocal = true };
                }
            }

            if (shard.TryCommit(commit, changes.After) is not { } outcome)
            {
                return null;
            }

            foreach (var change in changes.All)
            {
                if ((Use(change.Stream) ?? Add(change.Stream)) is { } entry && _streams.Holds(entry))
                {
                    (change.Entry, change.Made.Pending) = (entry, outcome);
                    (entry.Newest, entry.InFlight) = (change.Made, entry.InFlight + 1);
                    _streams.Resize(entry);
                }
            }

            return outcome;
        }
    }

    /// <summary>Learns that what was queued is stored.</summary>
    /// <param name="changes">As they were queued.</param>
    /// <param name="at">Where the log is after it.</param>
    internal void Settle(IReadOnlyList<StateChange> changes, LogPosition at)
    {
        lock (_lock)
        {
            foreach (var change in changes)
            {
                if (change.Entry is not { } entry)
                {
                    continue;
                }

                entry.InFlight--;
                if (_streams.Holds(entry) && change.Made.Version > (entry.Stored?.Version ?? 0))
                {
                    var stored = change.Made with { At = at, Pending = null };
                    entry.Newest = ReferenceEquals(entry.Newest, change.Made) ? stored : entry.Newest;
                    entry.Stored = change.Made.Version >= entry.SeenVersion ? stored : null;
                    _streams.Resize(entry);
                }
            }
        }
    }

    /// <summary>Learns that what was queued is not stored, or may not be: what was decided on it cannot be right.</summary>
    internal void Abandon(IReadOnlyList<StateChange> changes)
    {
        lock (_lock)
        {
            foreach (var entry in changes.Select(c => c.Entry).OfType<RememberedStream>())
            {
                entry.InFlight--;
                _streams.Remove(entry);
            }
        }
    }

    /// <summary>Learns of an event in the log, or of an own commit that did not go through here.</summary>
    /// <param name="stream">Where it lies. An erasure drops all that is about the person as well.</param>
    /// <param name="version">A state that is remembered at this version or above, stored or not, has seen it or fails by it.</param>
    internal void Seen(StreamId stream, long version)
    {
        lock (_lock)
        {
            if (_streams.Find(stream.Name) is { } entry)
            {
                if ((entry.Newest?.Version ?? 0) < version)
                {
                    _streams.Remove(entry);
                }
                else
                {
                    // What is on its way replaces what is outdated, or fails: until then the store shows what is stored.
                    entry.SeenVersion = Math.Max(entry.SeenVersion, version);
                    entry.Stored = entry.Stored?.Version < version ? null : entry.Stored;
                }
            }

            if (version > 0 && Subject.ErasedBy(stream) is { } erased)
            {
                // What is being read just now may be about that person too.
                _streams.RemoveAll(e => e.Newest is null || e.Newest.Subject == erased);
            }
        }
    }

    /// <summary>Forgets a stream, because it is not known any more how it stands.</summary>
    internal void Forget(string stream)
    {
        lock (_lock)
        {
            if (_streams.Find(stream) is { } entry)
            {
                _streams.Remove(entry);
            }
        }
    }

    private RememberedStream? Use(string stream)
    {
        if (_epoch != _shards.Epoch)
        {
            _epoch = _shards.Epoch;
            _streams.RemoveAll(_ => true);
        }

        return _streams.Use(stream);
    }

    private RememberedStream Add(string stream)
    {
        if (!_isRetiring)
        {
            _isRetiring = _retirement.Change(Idle / 4, Idle / 4);
        }

        return _streams.Add(stream);
    }

    private void Retire()
    {
        lock (_lock)
        {
            _streams.RemoveIdle(Idle * 3 / 4); // It is looked at again a quarter later.
            if (_streams.Count == 0)
            {
                _isRetiring = !_retirement.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
