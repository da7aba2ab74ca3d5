using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Media;

/// <summary>
/// Deletes the photos of a user who is erased; their files follow as for any deleted photo (<see cref="RemoveBlobsOnDelete"/>).
/// </summary>
/// <remarks>
/// Page by page, in commits of its own: a user may have more photos than one commit should hold. After a crash it begins again with those
/// that are left.
/// </remarks>
[Reaction("media.delete-on-erasure")]
internal sealed partial class DeletePhotosOnErasure(
    IServiceScopeFactory scopes, Gallery gallery, TimeProvider clock, ILogger<DeletePhotosOnErasure> log) : INotificationHandler<UserErased>
{
    private const int PageSize = 100;

    public async Task Handle(UserErased notification, CancellationToken cancellationToken)
    {
        var count = 0;
        string? after = null;
        while (await gallery.ListAsync(notification.UserId, PageSize, after, cancellationToken) is { Count: > 0 } page)
        {
            // A scope of its own, or its commits would be deferred until the end.
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
                async work =>
                {
                    foreach (var photo in page)
                    {
                        await DeleteAsync(work, photo.Photo.Id, cancellationToken);
                    }

                    return default(Done);
                },
                cancellationToken);
            count += page.Count;
            after = page[^1].Photo.Id.ToString();
        }

        LogDeleted(count, notification.UserId);
    }

    private async Task DeleteAsync(UnitOfWork work, PhotoId id, CancellationToken cancellationToken)
    {
        var photo = await work.LoadAsync<Photo>(Photo.StreamOf(id), cancellationToken);
        if (photo.State.Delete(clock.GetUtcNow()) is { } deleted)
        {
            photo.Append(deleted);
        }
    }

    [LoggerMessage(LogLevel.Information, "Deleted {Count} photos of user {UserId}, who is erased")]
    private partial void LogDeleted(int count, UserId userId);
}
