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

internal static class GetUserEndpoint
{
    public static void MapGetUser(this IEndpointRouteBuilder routes) => routes
        .MapGet("/{id:guid}", async (UserId id, ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            caller.UserId<UserId>() == id
                ? (await mediator.Send(new GetOwnUser(id), cancellationToken)).ToHttp(user => ETags.Ok(http, user, user.Version))
                : (await mediator.Send(new GetUser(id), cancellationToken)).ToHttp(profile => ETags.Json(http, profile.Body, profile.Version)))
        .CacheUntilStreamChanges(User.Category)
        .WithSummary("Show a user; the address only to its owner")
        .Produces<Profile>()
        .Refuses(404, 410);
}
