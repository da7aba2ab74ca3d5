using System.Security.Claims;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>Opens the uploaded file, metadata and all, for its owner alone. Refuses with <c>not-found</c>.</summary>
internal sealed record GetOriginal(UserId Owner, PhotoId PhotoId) : IRequest<Result<ServedImage>>;

internal sealed class GetOriginalHandler(Gallery gallery, IBlobStore blobs) : IRequestHandler<GetOriginal, Result<ServedImage>>
{
    public async Task<Result<ServedImage>> Handle(GetOriginal request, CancellationToken cancellationToken)
    {
        if (await gallery.FindAsync(request.Owner, request.PhotoId, cancellationToken) is not { Photo.Original: { } image }
            || await blobs.OpenAsync(BlobKeys.Original(request.PhotoId), cancellationToken) is not { } content)
        {
            return PlatformErrors.NotFound;
        }

        return new ServedImage(request.PhotoId, content, image.ContentType, image.ContentHash, $"{request.PhotoId}.{image.Extension()}");
    }
}

internal static class GetOriginalEndpoint
{
    public static void MapGetOriginal(this IEndpointRouteBuilder routes) => routes
        .MapMethods("/{id:guid}/content", ServedImage.Methods, async (
            PhotoId id, ClaimsPrincipal caller, HttpResponse response, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new GetOriginal(caller.UserId<UserId>(), id), cancellationToken)).ToHttp(image =>
            {
                response.Headers.CacheControl = "private, no-cache";
                return image.ToHttp(response);
            }))
        .Does(Work.Image)
        .WithSummary("Download a photo as it was uploaded")
        .Produces<byte[]>(StatusCodes.Status200OK, "image/jpeg", "image/png", "image/webp")
        .Refuses(404)
        .WithRequestTimeout(UploadPhotoEndpoint.TimeLimit);
}
