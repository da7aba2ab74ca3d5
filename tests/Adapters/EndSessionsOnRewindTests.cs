using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>Which sessions were valid at an earlier time is not recorded, so none is after a store was put back to it.</summary>
public sealed class EndSessionsOnRewindTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore[] _stores;
    private readonly Shards _shards;

    public EndSessionsOnRewindTests()
    {
        _stores = [new MemoryStore(_clock), new MemoryStore(_clock)];
        _shards = TestShards.Over(_stores);
    }

    public ValueTask DisposeAsync() => _shards.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(450)]
    public async Task Every_session_of_the_shard_ends_and_nothing_else_goes(int sessions)
    {
        for (var i = 0; i < sessions; i++)
        {
            await WriteAsync(0, StoreSessionStore.Kind, $"{i}");
        }

        await WriteAsync(0, "things.note.v1", "n");
        await WriteAsync(1, StoreSessionStore.Kind, "elsewhere");

        await EndAsync();
        await EndAsync(); // Repeatable.

        Assert.Empty(await _stores[0].QueryAsync(new DocumentQuery(StoreSessionStore.Kind, 10), default));
        Assert.NotNull(await _stores[0].FindAsync("things.note.v1", "n", default));
        Assert.NotNull(await _stores[1].FindAsync(StoreSessionStore.Kind, "elsewhere", default));
    }

    private Task EndAsync() =>
        new EndSessionsOnRewind(_clock).AfterRewindAsync(_shards.First, new RewoundTo(_clock.GetUtcNow(), 0, 0, 1), default);

    private async Task WriteAsync(int shard, string kind, string id) => Assert.IsType<Committed>(await _shards.All[shard].CommitAsync(
        new Commit { Id = Id.New(
            _clock, Bucket.Here), Bucket = Bucket.Here, Documents = [new DocumentWrite(kind, id, null, "{}"u8.ToArray(), 1)] }, default));
}
