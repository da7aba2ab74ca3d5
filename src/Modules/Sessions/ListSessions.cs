using System.Security.Claims;
using Monolith.Sessions.Contracts;

namespace Monolith.Sessions;

/// <summary>Lists the sessions of a user, newest first.</summary>
internal sealed record ListSessions(Guid UserId, Guid? Current) : IRequest<Page<SessionView>>;

internal sealed class ListSessionsHandler(ISessionStore sessions, SessionSettings settings, TimeProvider clock) : IRequestHandler<ListSessions, Page<SessionView>>
{
    public async Task<Page<SessionView>> Handle(ListSessions request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var all = await sessions.ListAsync(request.UserId, cancellationToken);

        // Few enough for one page: a person has a handful of them, and what ran out does not count.
        return new Page<SessionView>(
            [.. all.Where(s => s.LastSeenAt + settings.IdleTimeout > now).Take(PageRequest.MaxLimit).Select(s => Show(s, request.Current))], null);
    }

    public static SessionView Show(SessionRecord session, Guid? current) => new(
        new SessionId(session.Id), session.Device, session.StartedAt, session.LastSeenAt, session.ExpiresAt, session.Id == current);
}

internal static class ListSessionsEndpoint
{
    public static void MapListSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", async (ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            Results.Ok(await mediator.Send(RequestOf(caller), cancellationToken)))
            .WithSummary("List the caller's sessions")
            .Produces<Page<SessionView>>();

        routes.MapGet("/current", async (ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(RequestOf(caller), cancellationToken)).Items.FirstOrDefault(s => s.IsCurrent) is { } current
                ? Results.Ok(current)
                : PlatformErrors.NotFound.ToProblem())
            .WithSummary("Show the session that asks")
            .Produces<SessionView>();
    }

    private static ListSessions RequestOf(ClaimsPrincipal caller) =>
        new(Guid.Parse(caller.FindFirstValue(Caller.User)!), caller.FindSession()); // the group requires a session, and each has a user
}
