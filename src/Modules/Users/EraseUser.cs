using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using Monolith.Users.Contracts;
using Monolith.Users.Passwords;

namespace Monolith.Users;

internal sealed class EraseUserValidator : AbstractValidator<EraseUser>
{
    public EraseUserValidator() => RuleFor(r => r.CurrentPassword).NotEmpty().MaximumLength(128);
}

/// <summary>
/// Destroys the user's key and gives the address free, in one commit. What the modules keep besides goes by their reactions.
/// </summary>
internal sealed partial class EraseUserHandler(
    UnitOfWork work, EmailHash emails, CurrentPassword current, TimeProvider clock, ILogger<EraseUserHandler> log)
    : IRequestHandler<EraseUser, Result<Done>>
{
    public async Task<Result<Done>> Handle(EraseUser request, CancellationToken cancellationToken)
    {
        if (await current.RefusalAsync(request.UserId, cancellationToken) is { } tooOften)
        {
            return tooOften;
        }

        var user = await work.LoadAsync<User>(User.StreamOf(request.UserId), cancellationToken);
        if (!user.State.Exists)
        {
            return UsersErrors.NoUser(user.State);
        }

        if (!request.Expected.Allows(user.Version))
        {
            return PlatformErrors.PreconditionFailed;
        }

        if (await current.CheckAsync(request.UserId, user.State, request.CurrentPassword, cancellationToken) is { } wrong)
        {
            return wrong;
        }

        await EraseAsync(request.UserId, user, cancellationToken);
        return default(Done);
    }

    private async Task EraseAsync(UserId id, Loaded<User> user, CancellationToken cancellationToken)
    {
        var (now, wasAdmin) = (clock.GetUtcNow(), user.State.IsAdmin);
        var claim = await work.LoadAsync<EmailClaim>(EmailClaim.StreamOf(emails.Of(Email.Normalize(user.State.Email))), cancellationToken);
        if (claim.State.Release(id, now) is { } released)
        {
            claim.Append(released);
        }

        user.Append(User.Erase(now));
        work.Erase(id.Value);
        await work.CommitAsync(cancellationToken);

        LogErased(id);
        if (wasAdmin)
        {
            LogAdminErased();
        }
    }

    [LoggerMessage(LogLevel.Information, "Erased user {UserId}")]
    private partial void LogErased(UserId userId);

    [LoggerMessage(
        LogLevel.Warning, "That was an administrator. If there is none left, the next start prints a new one-time link for the first one")]
    private partial void LogAdminErased();
}

/// <summary>Removes the mails to an erased user, as far as they are still here.</summary>
[Reaction("users.forget-mails")]
internal sealed class ForgetMailsOnErasure(IMailer mailer) : INotificationHandler<UserErased>
{
    public Task Handle(UserErased notification, CancellationToken cancellationToken) =>
        mailer.ForgetAsync(notification.UserId.Value, cancellationToken).AsTask();
}

/// <summary>What shows that it is the user who asks.</summary>
/// <param name="CurrentPassword">As it is until now.</param>
internal sealed record EraseUserBody(string CurrentPassword)
{
    public override string ToString() => nameof(EraseUserBody);
}

internal static class EraseUserEndpoint
{
    public static void MapEraseUser(this IEndpointRouteBuilder routes) => routes
        .MapDelete("/me", async (
            [FromBody] EraseUserBody body, ClaimsPrincipal caller, HttpContext http, IMediator mediator,
            CancellationToken cancellationToken) =>
        {
            // A version is honoured when it is given: there is nothing that a change meanwhile could be lost to.
            if (!http.Request.ExpectedIfGiven().TryGet(out var expected, out var refusal))
            {
                return refusal.ToProblem();
            }

            var erased = await mediator.Send(new EraseUser(caller.UserId<UserId>(), body.CurrentPassword, expected), cancellationToken);
            return erased.ToHttp(_ =>
            {
                SessionCookie.Clear(http.Response);
                return Results.NoContent();
            });
        })
        .Does(Workload.Password)
        .WithName(nameof(EraseUser))
        .WithSummary("Erase the caller for good, with everything that belongs to the caller")
        .Produces(StatusCodes.Status204NoContent)
        .TakesVersion(isRequired: false)
        .Refuses(UsersErrors.WrongPassword, PlatformErrors.NotFound, PlatformErrors.RateLimited);
}
