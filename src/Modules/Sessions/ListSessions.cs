using System.Security.Claims;
using Monolith.Sessions.Contracts;

namespace Monolith.Sessions;

/// <summary>Lists the sessions of a user, newest first.</summary>
internal sealed record ListSessions(Guid UserId, Guid? Current) : IRequest<Page<SessionView>>;

internal sealed class ListSessionsHandler(
    KnownSessions sessions, SubjectKeys keys, SessionSettings settings,
    TimeProvider clock) : IRequestHandler<ListSessions, Page<SessionView>>
{
    public async Task<Page<SessionView>> Handle(ListSessions request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var all = await sessions.ListAsync(request.UserId, cancellationToken);

        // Few enough for one page: a person has a handful of them, and what ran out does not count.
        var views = new List<SessionView>();
        foreach (var session in all.Where(s => s.LastSeenAt + settings.IdleTimeout > now).Take(PageRequest.MaxLimit))
        {
            views.Add(
                Show(session, await keys.OpenAsync(SessionDevice.PlaceOf(session.Id), session.Device, cancellationToken), request.Current));
        }

        return new Page<SessionView>(views, null);
    }

    public static SessionView Show(SessionRecord session, string device, Guid? current) => new(
        new SessionId(session.Id), device, session.StartedAt, session.LastSeenAt, session.ExpiresAt, session.Id == current);
}

/// <summary>What a client calls itself is personal, and session stores keep what they are given: so they are given it sealed.</summary>
internal static class SessionDevice
{
    public static string PlaceOf(Guid session) => $"session/{session}/device";
}

internal static class ListSessionsEndpoint
{
    public static void MapListSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", async (ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            Results.Ok(await mediator.Send(RequestOf(caller), cancellationToken)))
            .WithName(nameof(ListSessions))
            .WithSummary("List the caller's sessions")
            .Produces<Page<SessionView>>();

        routes.MapGet("/current", async (ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(RequestOf(caller), cancellationToken)).Items.FirstOrDefault(s => s.IsCurrent) is { } current
                ? Results.Ok(current)
                : PlatformErrors.NotFound.ToProblem())
            .WithName("GetCurrentSession")
            .WithSummary("Show the session that asks")
            .Produces<SessionView>()
            .Refuses(PlatformErrors.NotFound);
    }

    private static ListSessions RequestOf(ClaimsPrincipal caller) =>
        new(Guid.Parse(caller.FindFirstValue(Caller.User)!), caller.FindSession()); // the group requires a session, and each has a user
}
