namespace Monolith.Kernel.Tests.Sharding;

/// <summary>A new person gets a place that no other has, in the shard of the bucket.</summary>
public sealed class PlaceAllocatorTests : IAsyncDisposable
{
    private const string Kind = "things.person.v1";

    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly Shards _shards;
    private readonly Queue<int> _draws = new();

    public PlaceAllocatorTests() => _shards = TestShards.Over(_store);

    public ValueTask DisposeAsync() => _shards.DisposeAsync();

    [Fact]
    public async Task Draws_again_while_a_place_is_taken()
    {
        await ClaimAsync(new Bucket(5, 1), "one");
        await ClaimAsync(new Bucket(5, 2), "two");
        Draw(1, 2, 1, 3);

        Assert.Equal(new Bucket(5, 3), await FindAsync(new Bucket(5)));
        Assert.Empty(_draws);
    }

    [Fact]
    public async Task Takes_a_place_that_is_taken_in_another_bucket_or_by_another_kind_for_free()
    {
        await ClaimAsync(new Bucket(6, 1), "one");
        await ClaimAsync(new Bucket(5, 1), "two", kind: "things.other.v1");
        Draw(1);

        Assert.Equal(new Bucket(5, 1), await FindAsync(new Bucket(5)));
    }

    [Fact]
    public async Task Draws_again_where_a_place_lies_in_another_shard()
    {
        var moved = new Bucket(5, 1).Code;
        await using var shards = new Shards(new Fixed(new ShardSpread(2, [ShardState.Active, ShardState.Active], [(0, 0), (moved,
            1), (moved + 1, 0)])), [_store, new MemoryStore(TimeProvider.System)]);
        Draw(1, 1, 2);

        Assert.Equal(new Bucket(5, 2), await new PlaceAllocator(shards, _draws.Dequeue).FindAsync(new Bucket(5), Kind, default));
    }

    [Fact]
    public async Task Says_that_a_bucket_is_full_after_a_thousand_draws()
    {
        await ClaimAsync(new Bucket(5, 1), "one");
        Draw([.. Enumerable.Repeat(1, 1_001)]);

        var full = await Assert.ThrowsAsync<InvalidOperationException>(() => FindAsync(new Bucket(5)).AsTask());

        Assert.Equal("Bucket 5 has no room for another person.", full.Message);
        Assert.Single(_draws);
    }

    [Fact]
    public async Task Refuses_the_second_of_two_claims_to_one_place()
    {
        await ClaimAsync(new Bucket(5, 1), "one");

        var conflict = Assert.IsType<Conflict>(await CommitAsync(new Bucket(5, 1), "two", Kind));

        Assert.Equal(ConflictKind.Claim, conflict.Kind);
    }

    [Fact]
    public async Task Draws_from_all_places_but_that_of_no_person_by_itself()
    {
        var places = new HashSet<int>();
        for (var i = 0; i < 100; i++)
        {
            places.Add((await new PlaceAllocator(_shards).FindAsync(new Bucket(5), Kind, default)).Kin);
        }

        Assert.DoesNotContain(0, places);
        Assert.InRange(places.Count, 90, 100); // That eleven of them coincide has a chance below 10^-30.
    }

    private void Draw(params int[] kins) => Array.ForEach(kins, _draws.Enqueue);

    private ValueTask<Bucket> FindAsync(Bucket bucket) => new PlaceAllocator(_shards, _draws.Dequeue).FindAsync(bucket, Kind, default);

    private async Task ClaimAsync(Bucket place, string id, string kind = Kind) =>
        Assert.IsType<Committed>(await CommitAsync(place, id, kind));

    private ValueTask<CommitOutcome> CommitAsync(Bucket place, string id, string kind) => _shards.First.CommitAsync(
        new Commit
        {
            Id = Id.New(TimeProvider.System, place), Bucket = place,
            Documents = [new DocumentWrite(kind, id, place, "{}"u8.ToArray(), 1) { Entries = [PlaceAllocator.ClaimOf(place)] }],
        },
        default);

    private sealed class Fixed(ShardSpread spread) : IShardMap
    {
        public ShardSpread Current => spread;

        public ValueTask<IReadOnlyList<int>> OpenAsync(IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken) =>
            new([0, 1]);

        public ValueTask RefreshAsync(CancellationToken cancellationToken) => default;
    }
}
