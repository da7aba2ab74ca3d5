using System.Security.Claims;
using Monolith.Users.Contracts;
using Monolith.Users.Passwords;

namespace Monolith.Users;

/// <summary>
/// Replaces the caller's password; the other sessions end. Refuses with <c>users.wrong-password</c>, or <c>rate-limited</c> after too many
/// wrong ones.
/// </summary>
internal sealed record ChangePassword(UserId UserId, Guid? Session, string CurrentPassword, string NewPassword) : IRequest<Result<Done>>
{
    public override string ToString() => nameof(ChangePassword);
}

/// <summary>A change of the password.</summary>
/// <param name="CurrentPassword">As it is until now.</param>
/// <param name="NewPassword">8 to 128 characters.</param>
internal sealed record ChangePasswordBody(string CurrentPassword, string NewPassword)
{
    public override string ToString() => nameof(ChangePasswordBody);
}

internal sealed class ChangePasswordValidator : AbstractValidator<ChangePassword>
{
    public ChangePasswordValidator()
    {
        RuleFor(r => r.CurrentPassword).NotEmpty().MaximumLength(128);
        RuleFor(r => r.NewPassword).ValidPassword();
    }
}

internal sealed partial class ChangePasswordHandler(
    UnitOfWork work, PasswordHashing passwords, CurrentPassword current, TimeProvider clock, ILogger<ChangePasswordHandler> log)
    : IRequestHandler<ChangePassword, Result<Done>>
{
    public async Task<Result<Done>> Handle(ChangePassword request, CancellationToken cancellationToken)
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

        if (await current.CheckAsync(request.UserId, user.State, request.CurrentPassword, cancellationToken) is { } wrong)
        {
            return wrong;
        }

        var hash = await passwords.HashAsync(request.NewPassword, cancellationToken);
        user.Append(User.ReplacePassword(hash, request.Session, clock.GetUtcNow()));
        await work.CommitAsync(cancellationToken);

        LogChanged(request.UserId);
        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "Replaced the password of user {UserId}")]
    private partial void LogChanged(UserId userId);
}

internal static class ChangePasswordEndpoint
{
    public static void MapChangePassword(this IEndpointRouteBuilder routes) => routes
        .MapPost(
            "/me/password",
            async (ChangePasswordBody body, ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(
                new ChangePassword(caller.UserId<UserId>(), caller.FindSession(), body.CurrentPassword, body.NewPassword),
                cancellationToken))
                .ToHttp(_ => Results.NoContent()))
        .Does(Workload.Password)
        .WithName(nameof(ChangePassword))
        .WithSummary("Replace the caller's password; ends the other sessions")
        .Produces(StatusCodes.Status204NoContent)
        .Refuses(UsersErrors.WrongPassword, PlatformErrors.NotFound, PlatformErrors.RateLimited);
}
