using System.Security.Claims;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

internal sealed class GetPhotoHandler(Gallery gallery) : IRequestHandler<GetPhoto, Result<PhotoView>>
{
    public async Task<Result<PhotoView>> Handle(GetPhoto request, CancellationToken cancellationToken) =>
        await gallery.FindAsync(request.Owner, request.PhotoId, cancellationToken) is { } photo
            ? gallery.Show(photo)
            : PlatformErrors.NotFound;
}

internal static class GetPhotoEndpoint
{
    public static void MapGetPhoto(this IEndpointRouteBuilder routes) => routes
        .MapGet(
            "/{id:guid}",
            async (PhotoId id, ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new GetPhoto(caller.UserId<UserId>(), id), cancellationToken)).ToHttp(photo =>
            {
                // One who has addresses at the edge is told the others when it is lost, though the photo has not changed.
                var isAtEdge = photo.Variants.Any(v => v.Url is [not '/', ..]);
                return ETags.Ok(http, photo, photo.Version, isAtEdge ? "edge" : "");
            }))
        .CacheUntilStreamChanges(Photo.Category)
        .WithName(nameof(GetPhoto))
        .WithSummary("Show one of the caller's photos")
        .Produces<PhotoView>()
        .ShowsVersion()
        .Refuses(PlatformErrors.NotFound);
}
