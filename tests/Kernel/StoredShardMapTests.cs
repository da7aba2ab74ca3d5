namespace Monolith.Kernel.Tests;

public sealed class StoredShardMapTests
{
    private readonly MemoryStore _a = new(TimeProvider.System);
    private readonly MemoryStore _b = new(TimeProvider.System);
    private readonly MemoryStore _c = new(TimeProvider.System);

    [Fact]
    public async Task Spreads_every_bucket_evenly_and_finds_the_same_spread_again()
    {
        var first = await OpenAsync(("a", _a), ("b", _b), ("c", _c));
        var again = await OpenAsync(("a", _a), ("b", _b), ("c", _c));

        var spread = Buckets().Select(bucket => first.RouteOf(bucket).Shard).ToList();
        Assert.Equal(spread, Buckets().Select(bucket => again.RouteOf(bucket).Shard));
        Assert.All(spread.CountBy(shard => shard), shard => Assert.InRange(shard.Value, 1365, 1366));
        Assert.Equal([0, 1, 2], spread.Distinct());
    }

    [Fact]
    public async Task Gives_every_bucket_to_a_store_that_is_alone_even_one_that_was_used_before_there_were_maps()
    {
        await UseAsync(_a);

        var map = await OpenAsync((StoreNames.Single, _a));

        Assert.All(Buckets(), bucket => Assert.Equal(0, map.RouteOf(bucket).Shard));
    }

    [Fact]
    public async Task Agrees_on_one_map_when_nodes_start_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync(("a", _a), ("b", _b)))));

        await OpenAsync(("a", _a), ("b", _b));
    }

    [Fact]
    public async Task Finishes_a_first_start_that_broke_off()
    {
        await OpenAsync(("a", _a), ("b", _b));
        var half = new MemoryStore(TimeProvider.System); // in the place of b, which was not written to yet

        await OpenAsync(("a", _a), ("b", half));
    }

    [Fact]
    public async Task Refuses_another_list_of_stores_than_it_was_made_for()
    {
        await OpenAsync(("a", _a), ("b", _b));

        Assert.Equal(
            "Adapters:Store: the configuration names a, b, c, and this deployment was spread over a, b at its first start; "
            + "stores cannot be added, removed or renamed yet",
            await RefusalAsync(("a", _a), ("b", _b), ("c", _c)));
        Assert.Contains("names one store, and", await RefusalAsync((StoreNames.Single, _a)), StringComparison.Ordinal);
        Assert.Contains("names a, z, and", await RefusalAsync(("a", _a), ("z", _b)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_stores_that_were_swapped()
    {
        await OpenAsync(("a", _a), ("b", _b));

        Assert.Equal("Adapters:Store: what the configuration calls a is the store of b", await RefusalAsync(("a", _b), ("b", _a)));
    }

    [Fact]
    public async Task Refuses_a_store_of_another_deployment()
    {
        await OpenAsync(("a", _a), ("b", _b));
        await OpenAsync(("a", new MemoryStore(TimeProvider.System)), ("b", _c));

        Assert.Equal("Adapters:Store: b belongs to another deployment than a", await RefusalAsync(("a", _a), ("b", _c)));
    }

    [Fact]
    public async Task Refuses_to_spread_what_lies_in_one_store_and_leaves_the_others_untouched()
    {
        await UseAsync(_a);

        Assert.Contains("a holds data that was not spread", await RefusalAsync(("a", _a), ("b", _b)), StringComparison.Ordinal);

        await OpenAsync(("b", _b), ("c", _c));
    }

    private static IEnumerable<Bucket> Buckets() => Enumerable.Range(0, Bucket.Count).Select(number => new Bucket(number));

    private static async Task UseAsync(IStore store)
    {
        await using var node = new TestNode(store, TimeProvider.System);
        await node.HappenAsync(Thing.Stream("a"), "x");
    }

    private static async Task<IShardMap> OpenAsync(params (string Name, IStore Store)[] stores)
    {
        var map = new StoredShardMap(new StoreNames([.. stores.Select(s => s.Name)]), new StoredJson([new ModuleTypes("kernel", typeof(StoredShardMap).Assembly, KernelJson.Default)]), TimeProvider.System);
        await map.OpenAsync([.. stores.Select(s => s.Store)], TestContext.Current.CancellationToken);
        return map;
    }

    private static async Task<string> RefusalAsync(params (string Name, IStore Store)[] stores) =>
        (await Assert.ThrowsAsync<ShardMapException>(() => OpenAsync(stores))).Message;
}
