using System.Security.Claims;
using Monolith.Sessions.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Sessions;

/// <summary>Ends one session of a user.</summary>
internal sealed partial class EndSessionHandler(UnitOfWork work, KnownSessions sessions, TimeProvider clock, ILogger<EndSessionHandler> log)
    : IRequestHandler<EndSession, Result<Done>>
{
    public async Task<Result<Done>> Handle(EndSession request, CancellationToken cancellationToken)
    {
        var session = await work.LoadAsync<Session>(Session.StreamOf(request.SessionId.Value), cancellationToken);
        if (session.State.UserId != request.UserId)
        {
            return PlatformErrors.NotFound;
        }

        if (session.State.End("logged-out", clock.GetUtcNow()) is not { } ended)
        {
            // It may still lie there: an attempt may have broken off between the two.
            await sessions.RemoveAsync(request.UserId.Value, request.SessionId.Value, cancellationToken);
            return PlatformErrors.NotFound;
        }

        // The log first: from then on it works on no node, whatever happens next.
        session.Append(ended);
        await work.CommitAsync(cancellationToken);
        await sessions.RemoveAsync(request.UserId.Value, request.SessionId.Value, cancellationToken);
        LogEnded(request.SessionId, request.UserId);
        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "Ended session {SessionId} of user {UserId}")]
    private partial void LogEnded(SessionId sessionId, UserId userId);
}

internal static class EndSessionEndpoint
{
    public static void MapEndSession(this IEndpointRouteBuilder routes)
    {
        routes.MapDelete(
            "/{id:guid}", async (SessionId id, ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new EndSession(caller.UserId<UserId>(), id), cancellationToken)).ToHttp(_ => Results.NoContent()))
            .WithName(nameof(EndSession))
            .WithSummary("End one of the caller's sessions")
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(PlatformErrors.NotFound);

        routes.MapDelete(
            "/current", async (ClaimsPrincipal caller, HttpResponse response, IMediator mediator, CancellationToken cancellationToken) =>
        {
            var current = new SessionId(caller.FindSession()!.Value); // the group requires a session
            var result = await mediator.Send(new EndSession(caller.UserId<UserId>(), current), cancellationToken);
            SessionCookie.Clear(response);
            return result.ToHttp(_ => Results.NoContent());
        })
            .WithName("LogOut")
            .WithSummary("Log out")
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(PlatformErrors.NotFound);
    }
}
