using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports;

/// <summary>Keeps the sessions that are valid now, for every node to see.</summary>
/// <remarks>
/// Every adapter passes <c>SessionStoreContract</c>. Tokens never get here, only their hashes. Calls are safe from any thread.
/// </remarks>
public interface ISessionStore
{
    /// <summary>Finds the session that one of its token hashes belongs to; null when it ended, ran out or never was.</summary>
    /// <param name="home">The place of its user, as the token tells it. A store that is not spread by buckets may ignore it.</param>
    /// <param name="tokenHash">Base64url of the SHA-256.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<SessionRecord?> FindAsync(Bucket home, string tokenHash, CancellationToken cancellationToken);

    /// <summary>Keeps a session, or replaces it; durable as far as the adapter is.</summary>
    ValueTask PutAsync(SessionRecord session, CancellationToken cancellationToken);

    /// <summary>Notes when a session was last used. One that ended meanwhile stays ended.</summary>
    ValueTask TouchAsync(SessionRecord session, DateTimeOffset lastSeenAt, CancellationToken cancellationToken);

    /// <summary>Ends a session on every node; one that is not there is fine.</summary>
    ValueTask RemoveAsync(Guid userId, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Lists the sessions of a user, newest first.</summary>
    ValueTask<IReadOnlyList<SessionRecord>> ListAsync(Guid userId, CancellationToken cancellationToken);
}

/// <param name="Id">UUIDv7, in the user's bucket.</param>
/// <param name="UserId">Whose session it is.</param>
/// <param name="BearerHash">Hash of the token that goes into an <c>Authorization</c> header.</param>
/// <param name="CookieHash">Hash of the token that goes into the cookie; the two are not interchangeable.</param>
/// <param name="Device">What the client called itself, sealed by the user's key: some 400 characters.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="LastSeenAt">UTC, to the minute.</param>
/// <param name="ExpiresAt">UTC; never later, whatever happens.</param>
public sealed record SessionRecord(
    Guid Id, Guid UserId, string BearerHash, string CookieHash, string Device,
    DateTimeOffset StartedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Category of the streams that hold the history of sessions: an event in one says that the session began or ended.</summary>
    public const string Category = "session";
}
