using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Monolith.Sessions;

/// <summary>Tells who calls, by the bearer token or by the cookie.</summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder,
    KnownSessions sessions, SessionSettings settings, DailyActivity activity, LastSeen lastSeen, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Session";

    private const string Bearer = "Bearer ";

    private bool _wasPresented;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var (token, hashOf) = Presented();
        if (token is null)
        {
            return AuthenticateResult.NoResult();
        }

        _wasPresented = true;
        var now = clock.GetUtcNow();
        var session = SessionTokens.IsToken(token, out var home)
            ? await sessions.FindAsync(home, hashOf(token), Context.RequestAborted)
            : null;
        if (session is null || session.ExpiresAt <= now || session.LastSeenAt + settings.IdleTimeout <= now)
        {
            return AuthenticateResult.Fail("The session ended or ran out.");
        }

        // In this order: once the session says that it was seen today, no further request of it stores the day.
        if (await activity.NoteAsync(session, now, Context.RequestAborted))
        {
            lastSeen.Note(session, now);
        }

        var identity = new ClaimsIdentity(
            [new Claim(Caller.User, session.UserId.ToString()), new Claim(Caller.Session, session.Id.ToString())], SchemeName, Caller.User,
            null);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var error = _wasPresented ? PlatformErrors.SessionExpired : PlatformErrors.Unauthenticated;
        return error.ToProblem().ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        PlatformErrors.Forbidden.ToProblem().ExecuteAsync(Context);

    private (string? Token, Func<string, string> HashOf) Presented()
    {
        // A client that sends a bearer token means it: the cookie that a browser may add does not count then.
        if (Request.Headers.Authorization is [{ } header, ..])
        {
            return (
                header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "",
                SessionTokens.HashOfBearer);
        }

        return (Request.Cookies[SessionCookie.Name], SessionTokens.HashOfCookie);
    }
}
