using Microsoft.AspNetCore.Mvc;
using Monolith.Sessions.Contracts;

namespace Monolith.Pages.Account;

/// <summary>What was typed into the form to log in; never the password.</summary>
public sealed record LogInForm(string Email, string Return);

internal static class LogInEndpoints
{
    public static void MapLogIn(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/login", (Visitor visitor, [FromQuery(Name = "return")] string? goal) => visitor.User is null
            ? Page.Show<LogInPage>(new { Visitor = visitor, Form = new LogInForm("", LocalPath.OrHome(goal)) })
            : Page.GoTo(LocalPath.OrHome(goal)));

        pages.MapPost("/login", async (Visitor visitor, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            var form = new LogInForm(http.Request.Field("email"), LocalPath.OrHome(http.Request.Field("return")));
            return await StartAsync(http, mediator, form.Email, http.Request.Field("password"), cancellationToken) is { } refusal
                ? Page.Refuse<LogInPage>(new { Visitor = visitor, Form = form, Refusal = refusal }, refusal)
                : Page.GoTo(form.Return);
        }).AddEndpointFilter<FormFilter>().Does(Workload.Password);
    }

    /// <summary>Starts a session and gives its cookie to the browser; null, or why not.</summary>
    public static async Task<Refusal?> StartAsync(
        HttpContext http, IMediator mediator, string email, string password, CancellationToken cancellationToken)
    {
        var request = new LogIn(
            email, password, http.Request.Headers.UserAgent.ToString(), Throttle.NetworkOf(http.Connection.RemoteIpAddress));
        var (started, refusal) = await mediator.AttemptAsync(request, cancellationToken);
        if (started is not null)
        {
            SessionCookie.Set(http.Response, started.CookieToken, started.Session.ExpiresAt);
        }

        return refusal;
    }
}
