using System.Collections.Concurrent;

namespace Monolith.Sessions;

/// <summary>
/// Remembers sessions that were read a moment ago: every request asks for its session, and sessions hardly change. Everything in this
/// module goes to the sessions through here. Safe from any thread.
/// </summary>
/// <remarks>
/// The log says first that a session ended: its event drops it here, on every node, and what is read after that event is refused. A node
/// that did not hear of the whole log within <see cref="LogFreshness.Limit"/> asks the store about every request, so a session that ended
/// works nowhere after that time, and where neither can be asked there is no answer.
/// </remarks>
internal sealed class KnownSessions(
    ISessionStore store, ISessionHistory history, LogFreshness freshness, SessionSettings settings, TimeProvider clock) : ICacheInvalidator
{
    /// <summary>How many of the tokens read last are remembered at least, and half of how many at most: some 10 MB.</summary>
    internal const int Remembered = 10_000;

    /// <summary>
    /// How long one read counts at most, for what the log does not tell: when a session was last used on another node.
    /// </summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const string Prefix = SessionRecord.Category + "-";

    private readonly Lock _lock = new();
    private Generation _young = new();
    private Generation _old = new();
    private long _changes;

    /// <summary>Finds the session of a token; null when it ended, ran out or never was.</summary>
    /// <returns>Without the name of its device.</returns>
    public ValueTask<SessionRecord?> FindAsync(Bucket home, string tokenHash, CancellationToken cancellationToken)
    {
        // Whether all was heard first: what is heard of in between is dropped before the look.
        if (freshness.IsFresh(home) && (_young.Find(tokenHash) ?? _old.Find(tokenHash)) is { } known && IsUsable(known))
        {
            return new(known.Session);
        }

        return ReadAsync(home, tokenHash, cancellationToken);
    }

    /// <summary>Keeps a session that begins.</summary>
    public ValueTask PutAsync(SessionRecord session, CancellationToken cancellationToken) => store.PutAsync(session, cancellationToken);

    /// <summary>Notes when a session was last used.</summary>
    public async ValueTask TouchAsync(SessionRecord session, DateTimeOffset lastSeenAt, CancellationToken cancellationToken)
    {
        try
        {
            await store.TouchAsync(session, lastSeenAt, cancellationToken);
        }
        finally
        {
            Forget(session.Id);
        }
    }

    /// <summary>Removes a session that the log says has ended.</summary>
    public async ValueTask RemoveAsync(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        try
        {
            await store.RemoveAsync(userId, sessionId, cancellationToken);
        }
        finally
        {
            Forget(sessionId); // What failed may have been done all the same.
        }
    }

    /// <summary>Lists the sessions of a user as they are stored, newest first.</summary>
    public ValueTask<IReadOnlyList<SessionRecord>> ListAsync(Guid userId, CancellationToken cancellationToken) =>
        store.ListAsync(userId, cancellationToken);

    /// <inheritdoc />
    public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
    {
        if (tag.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParse(tag.AsSpan(Prefix.Length), out var id))
        {
            Forget(id);
        }

        return default;
    }

    // One that looks as if it had run out may have been used on another node: that is for the store to say.
    private bool IsUsable(Known known)
    {
        var now = clock.GetUtcNow();
        return clock.GetElapsedTime(known.ReadAt) < Longest
            && known.Session.ExpiresAt > now && known.Session.LastSeenAt + settings.IdleTimeout > now;
    }

    private async ValueTask<SessionRecord?> ReadAsync(Bucket home, string tokenHash, CancellationToken cancellationToken)
    {
        var (changes, readAt) = (Volatile.Read(ref _changes), clock.GetTimestamp());
        var session = await store.FindAsync(home, tokenHash, cancellationToken);
        if (session is not null && await history.IsOverAsync(session.Id, cancellationToken))
        {
            return null; // It has ended, and is about to be removed.
        }

        if (session is not null)
        {
            session = session with { Device = "" }; // By far the largest part, and no request needs it.
            Add(tokenHash, new Known(session, readAt), changes);
        }

        return session;
    }

    // Not what was begun to be read before something changed: a session that ended could come back.
    private void Add(string tokenHash, Known known, long changes)
    {
        lock (_lock)
        {
            if (_changes != changes)
            {
                return;
            }

            if (_young.Count >= Remembered)
            {
                (_old, _young) = (_young, new Generation());
            }

            _young.Add(tokenHash, known);
        }
    }

    private void Forget(Guid id)
    {
        lock (_lock)
        {
            _changes++;
            _young.Remove(id);
            _old.Remove(id);
        }
    }

    private sealed record Known(SessionRecord Session, long ReadAt);

    // Read without the lock, changed under it.
    private sealed class Generation
    {
        private readonly ConcurrentDictionary<string, Known> _byHash = new(StringComparer.Ordinal);
        private readonly Dictionary<Guid, SessionRecord> _byId = [];

        public int Count { get; private set; }

        public Known? Find(string tokenHash) => _byHash.GetValueOrDefault(tokenHash);

        public void Add(string tokenHash, Known known)
        {
            _byHash[tokenHash] = known;
            _byId[known.Session.Id] = known.Session;
            Count++;
        }

        public void Remove(Guid id)
        {
            if (_byId.Remove(id, out var session))
            {
                _byHash.TryRemove(session.BearerHash, out _);
                _byHash.TryRemove(session.CookieHash, out _);
            }
        }
    }
}
