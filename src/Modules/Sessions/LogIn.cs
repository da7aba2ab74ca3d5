using Monolith.Sessions.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Sessions;

internal sealed class LogInValidator : AbstractValidator<LogIn>
{
    public LogInValidator()
    {
        RuleFor(r => r.Email).NotEmpty().MaximumLength(254);
        RuleFor(r => r.Password).NotEmpty().MaximumLength(128);
    }
}

/// <summary>Starts a session.</summary>
internal sealed partial class LogInHandler(
    ConflictRetry retry, IMediator mediator, KnownSessions sessions, SubjectKeys keys, LogInThrottle throttle, SessionSettings settings,
    TimeProvider clock, ILogger<LogInHandler> log)
    : IRequestHandler<LogIn, Result<LoggedIn>>
{
    public async Task<Result<LoggedIn>> Handle(LogIn request, CancellationToken cancellationToken)
    {
        var account = request.Email.Trim().ToLowerInvariant();
        if (await throttle.ByAccount.RefusalAsync(account, cancellationToken) is { } tooOften)
        {
            return tooOften;
        }

        if (await throttle.ByNetwork.RefusalAsync(request.Network, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        if (
            !(
                await mediator.Send(new VerifyPassword(request.Email, request.Password), cancellationToken)).TryGet(out var userId,
                out var refusal))
        {
            await throttle.ByAccount.FailedAsync(account);
            await throttle.ByNetwork.FailedAsync(request.Network);
            return refusal;
        }

        await throttle.ByAccount.SucceededAsync(account);
        return await StartAsync(userId, request.Device, cancellationToken);
    }

    private async Task<Result<LoggedIn>> StartAsync(UserId userId, string device, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (bearer, cookie) = (SessionTokens.New(userId.Bucket()), SessionTokens.New(userId.Bucket()));
        var id = Id.NewFor<SessionId, UserId>(clock, userId);

        // The log first: a crash in between leaves a session whose token is lost, not a valid one that the log does not know.
        var shown = device.Length <= 200 ? device : device[..200];
        var sealedDevice = await keys.SealAsync(userId.Value, SessionDevice.PlaceOf(id.Value), shown, cancellationToken);
        await retry.CommitAsync(
            async work =>
            {
                work.Start<Session>(Session.StreamOf(id.Value)).Append(Session.Start(userId, now));
                await ActiveDays.NoteAsync(work, userId, ActiveDays.DayOf(now), cancellationToken);
                return default(Done);
            },
            cancellationToken);

        var record = new SessionRecord(
            id.Value, userId.Value, SessionTokens.HashOfBearer(bearer), SessionTokens.HashOfCookie(cookie),
            sealedDevice, now, now, now + settings.AbsoluteTimeout);
        await sessions.PutAsync(record, cancellationToken);

        if (await keys.IsErasedAsync(userId.Value, cancellationToken))
        {
            // Erased between the two: the reaction to it may have looked before this session was there.
            await sessions.RemoveAsync(userId.Value, id.Value, cancellationToken);
            return PlatformErrors.Erased;
        }

        LogStarted(id, userId);
        return new LoggedIn(bearer, cookie, ListSessionsHandler.Show(record, shown, record.Id));
    }

    [LoggerMessage(LogLevel.Information, "Started session {SessionId} of user {UserId}")]
    private partial void LogStarted(SessionId sessionId, UserId userId);
}

/// <summary>Slows down guessing: at one account, and from one network at many.</summary>
internal sealed class LogInThrottle(IAttemptLimiter limits)
{
    public Throttle ByAccount { get; } = new("log-in", free: 5, limits);

    public Throttle ByNetwork { get; } = new("log-in-from", free: 100, limits);
}

/// <summary>What proves who logs in.</summary>
/// <param name="Email">In any spelling.</param>
/// <param name="Password">As it is.</param>
internal sealed record LogInBody(string Email, string Password)
{
    public override string ToString() => nameof(LogInBody);
}

/// <summary>A new session.</summary>
/// <param name="Token">For the <c>Authorization: Bearer</c> header.</param>
/// <param name="Session">What may be shown of it.</param>
internal sealed record LogInAnswer(string Token, SessionView Session)
{
    public override string ToString() => nameof(LogInAnswer);
}

internal static class LogInEndpoint
{
    public static void MapLogIn(this IEndpointRouteBuilder routes) => routes
        .MapPost("/", async (LogInBody body, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            var request = new LogIn(
                body.Email, body.Password, http.Request.Headers.UserAgent.ToString(), Throttle.NetworkOf(http.Connection.RemoteIpAddress));
            return (await mediator.Send(request, cancellationToken)).ToHttp(started =>
            {
                http.Response.Headers.CacheControl = "no-store";
                SessionCookie.Set(http.Response, started.CookieToken, started.Session.ExpiresAt);
                return Results.Created("/v1/sessions/current", new LogInAnswer(started.Token, started.Session));
            });
        })
        .AllowAnonymous()
        .Does(Workload.Password)
        .WithName(nameof(LogIn))
        .WithSummary("Log in")
        .Produces<LogInAnswer>(StatusCodes.Status201Created)
        .Refuses(PlatformErrors.RateLimited, PlatformErrors.Erased)
        .PassesOn("users.wrong-credentials");
}
