using System.Security.Claims;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>
/// Opens the uploaded file, metadata and all, for its owner alone, or says where it can be fetched. Refuses with <c>not-found</c>.
/// </summary>
/// <param name="Owner">Who asks.</param>
/// <param name="PhotoId">Of which photo.</param>
/// <param name="MayLink">Whether an address will do, where the blobs give one.</param>
internal sealed record GetOriginal(UserId Owner, PhotoId PhotoId, bool MayLink) : IRequest<Result<Original>>;

/// <summary>The file, or where it is for the next minutes: exactly one of the two.</summary>
internal sealed record Original(ServedImage? Image, Uri? Link);

internal sealed class GetOriginalHandler(Gallery gallery, IBlobStore blobs) : IRequestHandler<GetOriginal, Result<Original>>
{
    public async Task<Result<Original>> Handle(GetOriginal request, CancellationToken cancellationToken)
    {
        if (await gallery.FindAsync(request.Owner, request.PhotoId, cancellationToken) is not { Photo.Original: { } image })
        {
            return PlatformErrors.NotFound;
        }

        var (key, name) = (PhotoKeys.Original(request.PhotoId), $"{request.PhotoId}.{image.Extension()}");
        if (request.MayLink && await blobs.LinkAsync(key, image.ContentType, name, cancellationToken) is { } link)
        {
            return new Original(null, link);
        }

        return await blobs.OpenAsync(key, cancellationToken) is { } content
            ? new Original(new ServedImage(request.PhotoId, content, image.ContentType, image.ContentHash, name), null)
            : PlatformErrors.NotFound;
    }
}

internal static class GetOriginalEndpoint
{
    public static void MapGetOriginal(this IEndpointRouteBuilder routes) => routes
        .MapMethods("/{id:guid}/content", ServedImage.Methods, async (
            PhotoId id, ClaimsPrincipal caller, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
            (
                await mediator.Send(
                    new GetOriginal(caller.UserId<UserId>(), id, HttpMethods.IsGet(http.Request.Method)),
                    cancellationToken)).ToHttp(original =>
            {
                http.Response.Headers.CacheControl = original.Link is null ? "private, no-cache" : "no-store";
                return original.Image?.ToHttp(http.Response) ?? Results.Redirect($"{original.Link}", preserveMethod: true);
            }))
        .Does(Workload.Image)
        .WithName(nameof(GetOriginal))
        .WithSummary("Download a photo as it was uploaded")
        .AnswersFile("image/jpeg", "image/png", "image/webp")
        .Produces(StatusCodes.Status307TemporaryRedirect)
        .Refuses(PlatformErrors.NotFound)
        .WithRequestTimeout(MediaSettings.TransferTime);
}
