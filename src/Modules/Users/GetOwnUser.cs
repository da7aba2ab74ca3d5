using System.Security.Claims;
using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Shows a user's own data.</summary>
internal sealed class GetOwnUserHandler(States states) : IRequestHandler<GetOwnUser, Result<OwnUser>>
{
    public async Task<Result<OwnUser>> Handle(GetOwnUser request, CancellationToken cancellationToken)
    {
        var user = await states.FindAsync<User>(User.StreamOf(request.UserId), cancellationToken);
        return user.State.Exists ? Show(request.UserId, user) : UsersErrors.NoUser(user.State);
    }

    public static OwnUser Show(UserId id, Loaded<User> user) => new(
        id, user.State.Email, user.State.FirstName, user.State.LastName, user.State.Address, user.State.MemberSince, user.CurrentVersion);
}

internal static class GetOwnUserEndpoint
{
    public static void MapGetOwnUser(this IEndpointRouteBuilder routes) => routes
        .MapGet("/me", async (ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            (
                await mediator.Send(new GetOwnUser(caller.UserId<UserId>()), cancellationToken)).ToHttp(user =>
                    ETags.Ok(http, user, user.Version)))
        .WithName(nameof(GetOwnUser))
        .WithSummary("Show the caller's own data")
        .Produces<OwnUser>()
        .ShowsVersion()
        .Refuses(PlatformErrors.NotFound, PlatformErrors.Erased);
}
