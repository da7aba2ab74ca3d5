namespace Monolith.Sessions.Contracts;

/// <summary>
/// Starts a session. Refuses with <c>users.wrong-credentials</c>, or with <c>rate-limited</c> after too many wrong tries.
/// </summary>
/// <param name="Email">In any spelling.</param>
/// <param name="Password">As it is.</param>
/// <param name="Device">What the client calls itself; cut to 200 characters.</param>
/// <param name="Network">Address the request came from, for throttling; never stored.</param>
public sealed record LogIn(string Email, string Password, string Device, string Network) : IRequest<Result<LoggedIn>>
{
    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => nameof(LogIn);
}

/// <summary>A session that has just begun. From here on only the client knows the tokens.</summary>
/// <param name="Token">For the <c>Authorization: Bearer</c> header.</param>
/// <param name="CookieToken">For the session cookie; the two are not interchangeable.</param>
/// <param name="Session">What may be shown of it.</param>
public sealed record LoggedIn(string Token, string CookieToken, SessionView Session)
{
    /// <summary>Keeps the tokens out of logs.</summary>
    public override string ToString() => nameof(LoggedIn);
}

/// <summary>A session as its user sees it.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Device">What the client called itself.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="LastSeenAt">UTC, to the minute.</param>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="IsCurrent">Whether it is the one that asks.</param>
public sealed record SessionView(
    SessionId Id, string Device, DateTimeOffset StartedAt, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt, bool IsCurrent);
