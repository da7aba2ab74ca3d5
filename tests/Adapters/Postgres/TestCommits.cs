namespace Monolith.Adapters.Tests.Postgres;

/// <summary>Commits of one event.</summary>
internal static class TestCommits
{
    public static readonly Bucket Bucket = new(7);

    public static StreamId NewStream() => new(Bucket, "test", NewId().ToString());

    public static Commit Appending(StreamId stream, long expectedVersion) => new()
    {
        Id = NewId(),
        Bucket = Bucket,
        Appends = [new Append(stream, expectedVersion, [new NewEvent(NewId(), "tests.happened.v1", "{}"u8.ToArray(), default, default)])],
    };

    public static async Task<CommitOutcome> CommitAsync(this IStore store, Commit commit) =>
        Assert.Single(await store.CommitAsync([commit], TestContext.Current.CancellationToken));

    public static async Task<long> CommittedAsync(this IStore store, Commit commit) =>
        Assert.IsType<Committed>(await store.CommitAsync(commit)).Position;

    public static async Task<IReadOnlyList<StoredEvent>> LogAsync(this IStore store) =>
        (await store.ReadLogAsync(0, int.MaxValue, null, TestContext.Current.CancellationToken)).Events;

    private static Guid NewId() => Id.New(TimeProvider.System, Bucket);
}
