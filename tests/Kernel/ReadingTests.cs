
namespace Monolith.Kernel.Tests;

public sealed class ReadingTests
{
    private readonly CommitScope _scope = new();
    private readonly Shards _shards = TestShards.Over(new MemoryStore(TimeProvider.System), new MemoryStore(TimeProvider.System));

    [Theory]
    [InlineData(5, 7, 7)]
    [InlineData(9, 7, 9)]
    [InlineData(5, 0, 5)]
    [InlineData(0, 7, 7)]
    public void Demands_of_each_shard_what_the_caller_knows_and_what_the_scope_wrote(long known, long written, long demanded)
    {
        var (one, other) = (_shards.All[0], _shards.All[1]);
        _scope.Demanded = new ConsistencyToken([new LogPosition(one.Log, known)], epoch: 1);
        _scope.Wrote(new LogPosition(one.Log, written), epoch: 1);
        var reading = new Reading(_scope);

        Assert.Equal(demanded, reading.DemandOf(one));
        Assert.Equal(0, reading.DemandOf(other));
    }

    [Fact]
    public async Task Is_answered_by_the_store_of_the_shard()
    {
        var reading = new Reading(_scope);

        Assert.Same(_shards.All[1].Store, await reading.OfAsync(_shards.All[1], default));
    }

    [Fact]
    public async Task Ends_with_its_request()
    {
        IReadStore? store = null;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => store = await new Reading(_scope).OfAsync(_shards.First, new CancellationToken(canceled: true)));
        Assert.Null(store);
    }
}
