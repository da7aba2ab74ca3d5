using Microsoft.AspNetCore.Mvc;

namespace Monolith.Pages.Account;

/// <summary>What was typed into the form for a new account; never the password.</summary>
public sealed record SignUpForm(string Email, string FirstName, string LastName, string Return)
{
    public static SignUpForm Empty(string goal) => new("", "", "", goal);
}

internal static class SignUpEndpoints
{
    public static void MapSignUp(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/signup", (Visitor visitor, [FromQuery(Name = "return")] string? goal) => visitor.User is null
            ? Page.Show<SignUpPage>(new { Visitor = visitor, Form = SignUpForm.Empty(LocalPath.OrHome(goal)) })
            : Page.GoTo(LocalPath.OrHome(goal)));

        pages.MapPost("/signup", async (Visitor visitor, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        {
            var (request, password) = (http.Request, http.Request.Field("password"));
            var form = new SignUpForm(
                request.Field("email"), request.Field("firstName"), request.Field("lastName"), LocalPath.OrHome(request.Field("return")));
            var registration = new RegisterUser(
                form.Email, password, form.FirstName, form.LastName, Network: Throttle.NetworkOf(http.Connection.RemoteIpAddress));
            var (_, refusal) = await mediator.AttemptAsync(registration, cancellationToken);
            return refusal is null
                ? await LogInEndpoints.StartAsync(http, mediator, form.Email, password, cancellationToken) is null
                    ? Page.GoTo(form.Return)
                    : Page.GoTo(LocalPath.Via("/login", form.Return))
                : Page.Refuse<SignUpPage>(new { Visitor = visitor, Form = form, Refusal = refusal }, refusal);
        }).AddEndpointFilter<FormFilter>().Does(Workload.Password);
    }
}
