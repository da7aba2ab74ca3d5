namespace Monolith.Media;

/// <summary>
/// Opens a variant for any reader that has its address, which says all that is needed: no database is asked. Refuses with <c>not-found</c>.
/// </summary>
internal sealed record ServeVariant(string Signature, string Preset, string File) : IRequest<Result<ServedImage>>;

internal sealed class ServeVariantHandler(VariantUrls urls, IBlobStore blobs) : IRequestHandler<ServeVariant, Result<ServedImage>>
{
    public async Task<Result<ServedImage>> Handle(ServeVariant request, CancellationToken cancellationToken)
    {
        if (!urls.TryVerify(request.Signature, request.Preset, request.File, out var photo))
        {
            return PlatformErrors.NotFound;
        }

        var hash = Path.GetFileNameWithoutExtension(request.File);
        var extension = Path.GetExtension(request.File)[1..];
        return await blobs.OpenAsync(PhotoKeys.Variant(photo, hash), cancellationToken) is { } content
            ? new ServedImage(photo, content, StoredImage.ContentTypeOf(extension), hash, $"{request.Preset}.{extension}")
            : PlatformErrors.NotFound;
    }
}

internal static class ServeVariantEndpoint
{
    public static void MapServeVariant(this IEndpointRouteBuilder routes) => routes
        .MapMethods("/m/{signature}/{preset}/{file}", ServedImage.Methods, async (
            string signature, string preset, string file, HttpResponse response, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new ServeVariant(signature, preset, file), cancellationToken)).ToHttp(image =>
            {
                response.Share(ServedImage.KeyOf(image.Photo), ServedImage.KeyOfAll);

                // Made to be shown anywhere, also by pages that isolate themselves from other origins, and from a CDN's host.
                response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
                return image.ToHttp(response);
            }))
        .AllowAnonymous()
        .WithTags("Media")
        .WithName(nameof(ServeVariant))
        .WithSummary("Show a variant, by the address that its photo gives")
        .AnswersFile("image/webp", "image/jpeg", "image/png")
        .Refuses(PlatformErrors.NotFound)
        .Does(Workload.Image)
        .WithRequestTimeout(MediaSettings.TransferTime);
}
