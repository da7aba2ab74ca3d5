using System.Security.Claims;
using Monolith.Users.Contracts;

namespace Monolith.Users;

internal sealed class BecomeFirstAdminValidator : AbstractValidator<BecomeFirstAdmin>
{
    public BecomeFirstAdminValidator() => RuleFor(r => r.Token).NotEmpty().MaximumLength(100);
}

/// <summary>Makes the caller the first administrator.</summary>
internal sealed partial class BecomeFirstAdminHandler(
    UnitOfWork invitations, UnitOfWork users, TimeProvider clock,
    ILogger<BecomeFirstAdminHandler> log) : IRequestHandler<BecomeFirstAdmin, Result<Done>>
{
    public async Task<Result<Done>> Handle(BecomeFirstAdmin request, CancellationToken cancellationToken)
    {
        var invitation = await invitations.LoadAsync<AdminInvitation>(AdminInvitation.Stream, cancellationToken);
        if (!invitation.Exists
            || !invitation.State.Accept(request.Token, request.UserId, clock.GetUtcNow()).TryGet(out var accepted, out var refusal))
        {
            return UsersErrors.AdminLinkInvalid;
        }

        // Two buckets, so two commits: after a crash in between, opening the link again as the same user finishes it.
        invitation.Append([.. accepted]);
        await invitations.CommitAsync(cancellationToken);

        var user = await users.LoadAsync<User>(User.StreamOf(request.UserId), cancellationToken);
        if (user.State.Exists && user.State.MakeAdmin(clock.GetUtcNow()) is { } made)
        {
            user.Append(made);
            await users.CommitAsync(cancellationToken);
            LogMade(request.UserId);
        }

        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "User {UserId} is the first administrator")]
    private partial void LogMade(UserId userId);
}

/// <summary>What shows that the caller was given the one-time link.</summary>
/// <param name="Token">The <c>token</c> of the link.</param>
internal sealed record BecomeFirstAdminBody(string Token)
{
    public override string ToString() => nameof(BecomeFirstAdminBody);
}

internal static class BecomeFirstAdminEndpoint
{
    public static void MapBecomeFirstAdmin(this IEndpointRouteBuilder routes) => routes
        .MapPost(
            "/v1/admin/invitation",
            async (BecomeFirstAdminBody body, ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (
                await mediator.Send(new BecomeFirstAdmin(caller.UserId<UserId>(), body.Token), cancellationToken)).ToHttp(_ =>
                    Results.NoContent()))
        .RequireAuthorization()
        .WithTags("Users")
        .WithName(nameof(BecomeFirstAdmin))
        .WithSummary("Become the first administrator by the one-time link")
        .Produces(StatusCodes.Status204NoContent)
        .Refuses(UsersErrors.AdminLinkInvalid);
}
