namespace Monolith.Kernel.Tests.Sharding;

/// <summary>The stored map says of each place, once, where it lies; any other map is refused before it routes anything.</summary>
public sealed class ShardMapTests
{
    private const int Places = Bucket.Count * Bucket.KinCount;

    private static readonly ShardEntry[] _two = [new(0, "a", ShardState.Active), new(1, "b", ShardState.Active)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(4096)]
    public void The_first_map_spreads_every_place_evenly(int count)
    {
        var spread = ShardMap.First(Guid.Empty, [.. Enumerable.Range(0, count).Select(i => $"s{i}")]).Spread();

        var shards = Enumerable.Range(0, Bucket.Count).Select(number => spread.ShardOf(new Bucket(number))).ToList();
        Assert.Equal(Enumerable.Range(0, count), shards.Distinct());
        Assert.InRange(shards.CountBy(s => s).Max(s => s.Value) - shards.CountBy(s => s).Min(s => s.Value), 0, 1);
        Assert.All([0, 1, 2047, 4095], number => Assert.Equal(shards[number], spread.ShardOf(new Bucket(number, Bucket.KinCount - 1))));
        Assert.Equal((1, ShardState.Active), (spread.Epoch, spread.StateOf(count - 1)));
        Assert.Null(spread.StateOf(count));
        Assert.Null(spread.StateOf(-1));
    }

    [Fact]
    public void A_person_can_lie_elsewhere_than_the_rest_of_the_bucket()
    {
        var person = new Bucket(9, 77).Code;

        var spread = new ShardMap(
            Guid.Empty, 5, 0, _two, [new(0, person - 1, 0), new(person, person, 1), new(person + 1, Places - 1, 0)]).Spread();

        Assert.Equal((0, 1, 0), (spread.ShardOf(new Bucket(9, 76)), spread.ShardOf(new Bucket(9, 77)), spread.ShardOf(new Bucket(9, 78))));
        Assert.Equal(5, spread.Epoch);
    }

    public static TheoryData<string, (int From, int Through, int Shard)[]> Wrong => new()
    {
        { "where place 0 lies", [(1, Places - 1, 0)] },
        { "where place 10 lies", [(0, 9, 0), (11, Places - 1, 1)] },
        { "where place 10 lies", [(0, 9, 0), (9, Places - 1, 1)] },
        { "where place 10 lies", [(0, 9, 0), (10, 9, 1)] },
        { "where place 0 lies", [(0, Places - 1, 2)] },
        { "where place 0 lies", [(0, Places - 1, -1)] },
        { "leaves buckets out", [(0, Places - 2, 0)] },
        { "leaves buckets out", [(0, Places, 0)] },
        { "leaves buckets out", [] },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_map_with_a_gap_or_an_overlap_is_refused(string reason, (int From, int Through, int Shard)[] ranges)
    {
        var map = new ShardMap(Guid.Empty, 1, 0, _two, [.. ranges.Select(r => new PlaceRange(r.From, r.Through, r.Shard))]);

        Assert.Contains(reason, Assert.Throws<ShardMapException>(map.Spread).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_numbers_a_shard_out_of_order_is_refused()
    {
        var map = new ShardMap(Guid.Empty, 1, 0, [_two[1], _two[0]], [new(0, Places - 1, 0)]);

        Assert.Contains("out of order", Assert.Throws<ShardMapException>(map.Spread).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_routed_before_the_stores_are_open_nor_to_a_shard_that_is_not_configured()
    {
        await using var closed = new Shards(new InTurn(1), new StoreNames(["a"]), [new MemoryStore(TimeProvider.System)]);
        await using var half = new Shards(new InTurn(2), [new MemoryStore(TimeProvider.System)]);

        Assert.Throws<InvalidOperationException>(() => closed.All);
        Assert.Throws<InvalidOperationException>(() => closed.Of(new Bucket(0)));
        Assert.Contains("Shard 1 holds buckets", Assert.Throws<InvalidOperationException>(
            () => half.RouteOf(new Bucket(1))).Message, StringComparison.Ordinal);
        Assert.Equal(0, half.RouteOf(Bucket.Here).Shard.Number);
        Assert.Null(half.TryFind(-1));
        Assert.Null(half.TryFind(1));
    }

    [Fact]
    public async Task A_shard_has_no_number_before_it_was_opened()
    {
        await using var shard = new Shard("a", new MemoryStore(TimeProvider.System));

        Assert.Contains("Which shard a is", Assert.Throws<InvalidOperationException>(() => shard.Number).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => shard.Last);
    }
}
