namespace Monolith.Kernel.Tests;

/// <summary>A place for a new person: free, and in the shard in which its bucket begins.</summary>
public sealed class PlaceAllocatorTests : IAsyncDisposable
{
    private const string Kind = "things.person.v1";

    private static readonly Bucket _bucket = new(7);

    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly Shards _shards;

    public PlaceAllocatorTests() => _shards = new Shards(new Divided(), [_store, new MemoryStore(TimeProvider.System)]);

    public ValueTask DisposeAsync() => _shards.DisposeAsync();

    [Fact]
    public async Task Leaves_out_a_place_in_another_shard() => Assert.Equal(new Bucket(7, 50), await FindAsync(200, 50));

    [Fact]
    public async Task Leaves_out_a_place_that_is_claimed()
    {
        var claim = new DocumentWrite(Kind, "a", _bucket, "{}"u8.ToArray(), 1) { Entries = [PlaceAllocator.ClaimOf(new Bucket(7, 50))] };
        await _store.CommitAsync(
            [new Commit { Id = Id.New(TimeProvider.System, _bucket), Bucket = _bucket, Epoch = 1, Documents = [claim] }], default);

        Assert.Equal(new Bucket(7, 60), await FindAsync(50, 60));
    }

    [Fact]
    public async Task Says_so_when_no_place_is_found() => await Assert.ThrowsAsync<InvalidOperationException>(() => FindAsync(200));

    private async Task<Bucket> FindAsync(params IReadOnlyList<int> kins)
    {
        var draws = new Queue<int>(kins);
        return await new PlaceAllocator(_shards, () => draws.Count > 1 ? draws.Dequeue() : draws.Peek()).FindAsync(_bucket, Kind, default);
    }

    /// <summary>A bucket of which a part was moved to the second shard.</summary>
    private sealed class Divided : IShardMap
    {
        public ShardSpread Current { get; } =
            new(1, [ShardState.Active, ShardState.Active], [(0, 0), (new Bucket(7, 100).Code, 1), (new Bucket(8).Code, 0)]);

        public ValueTask<IReadOnlyList<int>> OpenAsync(
            IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken) => new([0, 1]);

        public ValueTask RefreshAsync(CancellationToken cancellationToken) => default;
    }
}
