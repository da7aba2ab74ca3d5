using System.Collections.Concurrent;

namespace Monolith.Adapters.Embedded;

/// <summary>
/// Remembers sessions that were read a moment ago, by the hashes of their tokens. Only for stores with a single writer. Safe from any
/// thread.
/// </summary>
/// <remarks>
/// Each request asks for its session, and sessions hardly change. What changes is forgotten after it was stored and before the caller that
/// changed it hears of that; and what was begun to be read before is not taken in afterwards, or a session that ended could come back.
/// </remarks>
internal sealed class KnownSessions
{
    // About 8 MB. Forgetting all of them at once costs each one read.
    private const int Max = 10_000;

    private readonly ConcurrentDictionary<string, SessionRecord> _byHash = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _changes;

    /// <summary>To be asked for before a session is read, and given back with it.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Finds what is remembered; null when it must be read.</summary>
    public SessionRecord? Find(string hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>Remembers a session, unless any changed since it was begun to be read.</summary>
    public void Add(string hash, SessionRecord session, long changesBefore)
    {
        lock (_lock)
        {
            if (_changes != changesBefore)
            {
                return;
            }

            if (_byHash.Count >= Max)
            {
                _byHash.Clear();
            }

            _byHash[hash] = session;
        }
    }

    /// <summary>Forgets a session that changed or may have changed.</summary>
    public void Forget(SessionRecord session)
    {
        lock (_lock)
        {
            _changes++;
            _byHash.TryRemove(session.BearerHash, out _);
            _byHash.TryRemove(session.CookieHash, out _);
        }
    }
}
