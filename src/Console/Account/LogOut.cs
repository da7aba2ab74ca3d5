using Monolith.Sessions.Contracts;

namespace Monolith.Pages.Account;

internal static class LogOutEndpoint
{
    public static void MapLogOut(this IEndpointRouteBuilder pages) =>
        pages.MapPost("/logout", async (HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            if (http.User.FindUserId<UserId>() is { } user && http.User.FindSession() is { } session)
            {
                // A session that another tab ended already is just as well.
                await mediator.Send(new EndSession(user, new SessionId(session)), cancellationToken);
            }

            SessionCookie.Clear(http.Response);
            new Notice("You are logged out.", IsProblem: false).Leave(http);
            return Page.GoTo("/login");
        }).AddEndpointFilter<FormFilter>();
}
