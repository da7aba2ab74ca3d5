namespace Monolith.Adapters.Embedded;

/// <summary>Ends every session when a store was put back to an earlier time: which of them were valid then is not recorded.</summary>
internal sealed class EndSessionsOnRewind(TimeProvider clock) : IAfterRewind
{
    private const int PageSize = 200;

    public async Task AfterRewindAsync(Shard shard, RewoundTo point, CancellationToken cancellationToken)
    {
        while (
            await shard.Store.QueryAsync(new DocumentQuery(StoreSessionStore.Kind, PageSize), cancellationToken) is { Count: > 0 } sessions)
        {
            await shard.CommitAsync(
                new Commit
                {
                    Id = Id.New(clock, Bucket.Here),
                    Bucket = Bucket.Here,
                    Documents = [.. sessions.Select(s => new DocumentWrite(s.Kind, s.Id, null, null, 0))],
                },
                cancellationToken);
        }
    }
}
