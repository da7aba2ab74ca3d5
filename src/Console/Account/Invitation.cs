namespace Monolith.Pages.Account;

/// <summary>The one-time link for the first administrator.</summary>
internal static class InvitationEndpoints
{
    private const string Address = "/admin/invitation";

    public static void MapInvitation(this IEndpointRouteBuilder pages)
    {
        // A GET changes nothing: previews and scanners open links too.
        pages.MapGet(
            Address, (Visitor visitor, string? token) => Page.Show<InvitationPage>(new { Visitor = visitor, Token = token ?? "" }));

        pages.MapPost(Address, async (Visitor visitor, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            var token = http.Request.Field("token");
            if (visitor.User is not { } user)
            {
                return Page.GoTo(LocalPath.Via("/login", WithToken(token)));
            }

            var (_, refusal) = await mediator.AttemptAsync(new BecomeFirstAdmin(user.Id, token), cancellationToken);
            if (refusal is not null)
            {
                return Page.Refuse<InvitationPage>(new { Visitor = visitor, Token = token, Refusal = refusal }, refusal);
            }

            new Notice("You are an administrator now. This page shows you more from here on.", IsProblem: false).Leave(http);
            return Page.GoTo("/status");
        }).AddEndpointFilter<FormFilter>();
    }

    public static string WithToken(string token) => $"{Address}?token={Uri.EscapeDataString(token)}";
}
