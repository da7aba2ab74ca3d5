using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Jobs;

/// <summary>
/// Takes back the jobs of a user who is erased, and empties those that are done. Page by page, like the deletion of photos.
/// </summary>
[Reaction("jobs.erase-on-erasure")]
internal sealed partial class EraseJobsOnErasure(
    IServiceScopeFactory scopes, Shards shards, TimeProvider clock, ILogger<EraseJobsOnErasure> log) : INotificationHandler<UserErased>
{
    private const int PageSize = 100;

    public async Task Handle(UserErased notification, CancellationToken cancellationToken)
    {
        // As they are stored: what is in them cannot be read any more, and their ids are all that is needed.
        var query = new DocumentQuery(JobViewProjection.ViewKind, PageSize) { Entry = JobViewProjection.OwnedBy(notification.UserId) };
        var store = shards.Of(notification.UserId.Bucket()).Store;
        var count = 0;
        while (await store.QueryAsync(query, cancellationToken) is { Count: > 0 } page)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
                async work =>
                {
                    foreach (var view in page)
                    {
                        await EraseAsync(work, new JobId(Guid.Parse(view.Id)), cancellationToken);
                    }

                    return default(Done);
                },
                cancellationToken);
            count += page.Count;
            query = query with { After = page[^1].Id };
        }

        LogErased(count, notification.UserId);
    }

    private async Task EraseAsync(UnitOfWork work, JobId id, CancellationToken cancellationToken)
    {
        var job = await work.LoadAsync<Job>(Job.StreamOf(id), cancellationToken);
        if (job.State.Erase(clock.GetUtcNow()) is { } erased)
        {
            // A worker that is at it finds its message gone, and with it every effect.
            work.Send(new CancelMessage(job.State.MessageId()));
            job.Append(erased);
        }
    }

    [LoggerMessage(LogLevel.Information, "Erased {Count} jobs of user {UserId}, who is erased")]
    private partial void LogErased(int count, UserId userId);
}
