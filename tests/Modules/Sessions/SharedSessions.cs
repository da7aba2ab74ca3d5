using System.Collections.Concurrent;
using Monolith.Sessions;

namespace Monolith.Modules.Tests.Sessions;

/// <summary>Where several nodes keep their sessions, and what the log says of them; it counts how often it is asked.</summary>
internal sealed class SharedSessions : ISessionStore, ISessionHistory
{
    private readonly ConcurrentDictionary<string, SessionRecord> _byHash = new(StringComparer.Ordinal);
    private TaskCompletionSource? _held;

    public int Reads { get; private set; }

    public bool IsLost { get; set; }

    /// <summary>Of which the log says that they are over.</summary>
    public HashSet<Guid> Over { get; } = [];

    public ValueTask<bool> IsOverAsync(Guid sessionId, CancellationToken cancellationToken) => new(Over.Contains(sessionId));

    /// <summary>Keeps back what the next read found.</summary>
    public TaskCompletionSource Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End(SessionRecord session)
    {
        _byHash.TryRemove(session.BearerHash, out _);
        _byHash.TryRemove(session.CookieHash, out _);
    }

    public async ValueTask<SessionRecord?> FindAsync(Bucket home, string tokenHash, CancellationToken cancellationToken)
    {
        ThrowIfLost();
        Reads++;
        var found = _byHash.GetValueOrDefault(tokenHash);
        if (Interlocked.Exchange(ref _held, null) is { } held)
        {
            await held.Task;
        }

        return found;
    }

    public ValueTask PutAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        _byHash[session.BearerHash] = _byHash[session.CookieHash] = session;
        return default;
    }

    public ValueTask TouchAsync(SessionRecord session, DateTimeOffset lastSeenAt, CancellationToken cancellationToken) =>
        PutAsync(session with { LastSeenAt = lastSeenAt }, cancellationToken);

    public ValueTask RemoveAsync(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        ThrowIfLost();
        foreach (var session in _byHash.Values.Where(s => s.Id == sessionId).ToList())
        {
            End(session);
        }

        return default;
    }

    public ValueTask<IReadOnlyList<SessionRecord>> ListAsync(Guid userId, CancellationToken cancellationToken) =>
        new([.. _byHash.Values.Where(s => s.UserId == userId).Distinct()]);

    private void ThrowIfLost()
    {
        if (IsLost)
        {
            throw new StoreUnavailableException("lost", isFull: false, null);
        }
    }
}
