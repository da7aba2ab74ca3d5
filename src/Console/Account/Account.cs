namespace Monolith.Pages.Account;

/// <summary>Shows a user's own data, and lets the user erase all of it.</summary>
internal static class AccountEndpoints
{
    private const string Address = "/account";

    public static void MapAccount(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Address, (Visitor visitor) => visitor.User is { } user
            ? Page.Show<AccountPage>(new { Visitor = visitor, User = user })
            : Page.GoTo(LocalPath.Via("/login", Address)));

        pages.MapPost(
            $"{Address}/delete", async (Visitor visitor, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            if (visitor.User is not { } user)
            {
                return Page.GoTo(LocalPath.Via("/login", Address));
            }

            var (_, refusal) = await mediator.AttemptAsync(
                new EraseUser(user.Id, http.Request.Field("currentPassword")), cancellationToken);
            if (refusal is not null)
            {
                return Page.Refuse<AccountPage>(new { Visitor = visitor, User = user, Refusal = refusal }, refusal);
            }

            SessionCookie.Clear(http.Response);
            new Notice("Your account and everything in it is deleted.", IsProblem: false).Leave(http);
            return Page.GoTo("/login");
        }).AddEndpointFilter<FormFilter>().Does(Workload.Password);
    }
}
