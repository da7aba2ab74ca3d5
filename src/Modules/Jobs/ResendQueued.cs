namespace Monolith.Jobs;

/// <summary>Sends the messages of all jobs that are waiting, when a store was put back to an earlier time.</summary>
internal sealed class ResendQueued(SubjectKeys keys, StoredJson json, TimeProvider clock) : IAfterRewind
{
    private const int PageSize = 200;

    public async Task AfterRewindAsync(Shard shard, RewoundTo point, CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var page = await shard.Store.QueryAsync(new DocumentQuery(Job.Kind, PageSize) { After = after }, cancellationToken);
            foreach (var document in page)
            {
                if (await keys.OpenAsync(document, cancellationToken) is not { } open
                    || json.Read<Job>(open.Body) is not { State: JobState.Queued } job)
                {
                    continue;
                }

                var bucket = job.JobId.Bucket();
                await shard.CommitAsync(
                    new Commit { Id = Id.New(clock, bucket), Bucket = bucket, Epoch = point.Epoch, Messages = [JobMessage.For(job, json)] },
                    cancellationToken);
            }

            if (page.Count < PageSize)
            {
                return;
            }

            after = page[^1].Id;
        }
    }
}
