using System.Security.Claims;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

internal sealed partial class DeletePhotoHandler(UnitOfWork work, TimeProvider clock, ILogger<DeletePhotoHandler> log)
    : IRequestHandler<DeletePhoto, Result<Done>>
{
    public async Task<Result<Done>> Handle(DeletePhoto request, CancellationToken cancellationToken)
    {
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(request.PhotoId), cancellationToken);
        if (!photo.Exists || photo.State.Owner != request.Owner)
        {
            return PlatformErrors.NotFound;
        }

        if (photo.State.Delete(clock.GetUtcNow()) is { } deleted)
        {
            photo.Append(deleted);
            await work.CommitAsync(cancellationToken);
            LogDeleted(request.PhotoId);
        }

        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "Deleted photo {PhotoId}")]
    private partial void LogDeleted(PhotoId photoId);
}

/// <summary>
/// Removes the files of a deleted photo, then has the copies at the edge removed by a job (<see cref="PurgeEdge"/>). Repeatable.
/// </summary>
/// <remarks>
/// It comes after the deletion is committed, so a variant that is finished later finds its photo gone and takes its own file away
/// (<see cref="MakeVariant"/>). The edge comes last: purged first, it could fetch the files once more. It is not waited for: it may be
/// unavailable.
/// </remarks>
[Reaction("media.remove-blobs")]
internal sealed class RemoveBlobsOnDelete(
    UnitOfWork work, IBlobStore blobs, IEdge edge, IMediator mediator) : INotificationHandler<PhotoDeleted>
{
    public async Task Handle(PhotoDeleted notification, CancellationToken cancellationToken)
    {
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(notification.PhotoId), cancellationToken);
        await blobs.DeleteAsync(PhotoKeys.Original(notification.PhotoId), cancellationToken);
        foreach (var hash in photo.State.Variants.Select(v => v.ContentHash).OfType<string>())
        {
            await blobs.DeleteAsync(PhotoKeys.Variant(notification.PhotoId, hash), cancellationToken);
        }

        if (edge.Terms.KeepsCopies)
        {
            await mediator.RequireAsync(PurgeEdge.Of(notification.PhotoId), cancellationToken);
        }
    }
}

internal static class DeletePhotoEndpoint
{
    public static void MapDeletePhoto(this IEndpointRouteBuilder routes) => routes
        .MapDelete("/{id:guid}", async (PhotoId id, ClaimsPrincipal caller, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new DeletePhoto(caller.UserId<UserId>(), id), cancellationToken)).ToHttp(_ => Results.NoContent()))
        .WithName(nameof(DeletePhoto))
        .WithSummary("Delete one of the caller's photos with everything made of it")
        .Produces(StatusCodes.Status204NoContent)
        .Refuses(PlatformErrors.NotFound);
}
