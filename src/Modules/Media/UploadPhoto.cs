using System.Security.Claims;
using Microsoft.AspNetCore.Http.Metadata;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

internal sealed partial class UploadPhotoHandler(
    Originals originals, MediaSettings settings, VariantUrls urls, ConflictRetry retry, TimeProvider clock, ILogger<UploadPhotoHandler> log)
    : IRequestHandler<UploadPhoto, Result<PhotoView>>
{
    public async Task<Result<PhotoView>> Handle(UploadPhoto request, CancellationToken cancellationToken)
    {
        var id = Id.NewFor<PhotoId, UserId>(clock, request.Owner);
        var taken = await originals.TakeInAsync(id, request.Content, request.FileName, cancellationToken);
        if (!taken.TryGet(out var image, out var refusal))
        {
            return refusal;
        }

        // The file is on disk before the event says so. A crash between the two leaves a file that no photo names, for the sweep of orphans
        // to find; the other way round would be a photo without a file. From here on the client may leave: the commit is not cut short, and
        // a commit that threw may still be on disk, so the file stays.
        var uploaded = Photo.Upload(id, request.Owner, image, [.. settings.Presets.Keys], clock.GetUtcNow());
        if (await CommitAsync(uploaded) is not { } version)
        {
            await originals.RemoveAsync(id);
            return PlatformErrors.Erased;
        }

        LogUploaded(id, image.ContentType, image.Bytes);
        return GalleryPhoto.Of(uploaded).Show(urls, version);
    }

    /// <returns>The version; null when the owner was erased meanwhile, so that it is certain that nothing was stored.</returns>
    private async Task<long?> CommitAsync(Photo.Uploaded uploaded)
    {
        try
        {
            return await retry.CommitAsync(
                work =>
                {
                    var photo = work.Start<Photo>(Photo.StreamOf(uploaded.PhotoId));
                    photo.Append(uploaded);
                    return Task.FromResult(photo.CurrentVersion);
                },
                CancellationToken.None);
        }
        catch (SubjectErasedException)
        {
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Took in photo {PhotoId}, {ContentType}, {Bytes} bytes")]
    private partial void LogUploaded(PhotoId photoId, string contentType, long bytes);
}

internal static class UploadPhotoEndpoint
{
    public static void MapUploadPhoto(this IEndpointRouteBuilder routes, MediaSettings settings) => routes
        .MapPost("/", async (HttpRequest http, ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await UploadBody.SendAsync(
                http, settings.MaxBytes,
                (content, name) => mediator.Send(new UploadPhoto(caller.UserId<UserId>(), content, name), cancellationToken),
                cancellationToken))
            .ToHttp(photo => Results.Accepted($"/v1/media/{photo.Id}", photo)))
        .WithMetadata(new UploadLimit(settings.MaxBytes + UploadBody.FormOverhead))
        .Does(Workload.Upload)
        .TakesFile("file", "image/jpeg", "image/png", "image/webp", "application/octet-stream")
        .WithName(nameof(UploadPhoto))
        .WithSummary("Upload a photo: a JPEG, PNG or WebP image as the body, or as the field file of a form")
        .Produces<PhotoView>(StatusCodes.Status202Accepted)
        .Refuses(MediaErrors.Empty, PlatformErrors.Malformed, PlatformErrors.UnprocessableImage, PlatformErrors.Erased)
        .WithRequestTimeout(MediaSettings.TransferTime);

    /// <summary>Lets this endpoint take more than the server lets others.</summary>
    private sealed record UploadLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
