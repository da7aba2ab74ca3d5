using System.Security.Claims;
using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Shows a user to another: names and member since. The stored document goes out as it is.</summary>
internal sealed record GetUser(UserId Id) : IRequest<Result<Document>>;

internal sealed class GetUserHandler(Views views, UnitOfWork work) : IRequestHandler<GetUser, Result<Document>>
{
    public async Task<Result<Document>> Handle(GetUser request, CancellationToken cancellationToken) =>
        await views.FindAsync(ProfileProjection.ViewKind, request.Id, cancellationToken) is { } profile
            ? profile
            : UsersErrors.NoUser((await work.LoadAsync<User>(User.StreamOf(request.Id), cancellationToken)).State);
}

/// <summary>A user as another member sees it; the user itself sees e-mail and address too. For the description of the API only.</summary>
/// <param name="Id">Who.</param>
/// <param name="FirstName">As it was typed.</param>
/// <param name="LastName">As it was typed.</param>
/// <param name="MemberSince">UTC.</param>
/// <param name="Email">For its owner only.</param>
/// <param name="Address">For its owner only, and only when one was given.</param>
internal sealed record ShownUser(UserId Id, string FirstName, string LastName, DateTimeOffset MemberSince, string? Email, Address? Address);

internal static class GetUserEndpoint
{
    public static void MapGetUser(this IEndpointRouteBuilder routes) => routes
        .MapGet(
            "/{id:guid}",
            async (UserId id, ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            caller.UserId<UserId>() == id
                ? (await mediator.Send(new GetOwnUser(id), cancellationToken)).ToHttp(user => ETags.Ok(http, user, user.Version))
                : (await mediator.Send(new GetUser(id), cancellationToken)).ToHttp(
                    profile => ETags.Json(http, profile.Body, profile.Version)))
        .CacheUntilStreamChanges(User.Category)
        .WithName(nameof(GetUser))
        .WithSummary("Show a user; the address only to its owner")
        .Produces<ShownUser>()
        .ShowsVersion()
        .Refuses(PlatformErrors.NotFound, PlatformErrors.Erased);
}
