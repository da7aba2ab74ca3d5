namespace Monolith.Kernel.Tests;

public sealed class StoredShardMapTests
{
    private static readonly StoredJson _json = new([new ModuleTypes("kernel", typeof(StoredShardMap).Assembly, KernelJson.Default)]);

    private readonly MemoryStore _a = new(TimeProvider.System);
    private readonly MemoryStore _b = new(TimeProvider.System);
    private readonly MemoryStore _c = new(TimeProvider.System);

    [Fact]
    public async Task Spreads_every_bucket_evenly_and_finds_the_same_spread_again()
    {
        var first = await OpenAsync(("a", _a), ("b", _b), ("c", _c));
        var again = await OpenAsync(("a", _a), ("b", _b), ("c", _c));

        var spread = Buckets().Select(first.Map.ShardOf).ToList();
        Assert.Equal(spread, Buckets().Select(again.Map.ShardOf));
        Assert.All(spread.CountBy(shard => shard), shard => Assert.InRange(shard.Value, 1365, 1366));
        Assert.Equal([0, 1, 2], spread.Distinct());
    }

    [Fact]
    public async Task Gives_every_bucket_to_a_store_that_is_alone()
    {
        var alone = await OpenAsync((StoreNames.Single, _a));

        Assert.All(Buckets(), bucket => Assert.Equal(0, alone.Map.ShardOf(bucket)));
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

        var found = await OpenAsync(("a", _a), ("b", half));

        Assert.Equal([("a", 0, ShardState.Active), ("b", 1, ShardState.Active)], Standing(found));
    }

    [Fact]
    public async Task Refuses_an_empty_store_in_the_place_of_one_that_was_used()
    {
        await UseAsync(await OpenAsync(("a", _a), ("b", _b)));

        Assert.Equal(
            "Adapters:Store: shard 1, which was called b, holds buckets, and none of the configured stores is it; configure every "
                + "store that holds buckets",
            await RefusalAsync(("a", _a), ("b", _c)));
        Assert.Equal(0, await _c.HeadAsync(default));
        Assert.Null(await _c.FindAsync(ShardMap.Kind, ShardMap.Id, default));
    }

    [Fact]
    public async Task A_store_that_joins_gets_the_next_number_whatever_it_is_called_and_no_bucket()
    {
        var former = await OpenAsync(("b", _b), ("c", _c));

        var grown = await OpenAsync(("a", _a), ("b", _b), ("c", _c));

        Assert.Equal([("b", 0, ShardState.Active), ("c", 1, ShardState.Active), ("a", 2, ShardState.Spare)], Standing(grown));
        Assert.Equal(Buckets().Select(b => former.Of(b).Name), Buckets().Select(b => grown.Of(b).Name));
        Assert.Same(_b, grown.First.Store);
    }

    [Fact]
    public async Task Nodes_that_bring_a_store_at_once_give_it_one_number()
    {
        await OpenAsync(("b", _b), ("c", _c));

        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => OpenAsync(("a", _a), ("b", _b), ("c", _c)))));

        Assert.All(nodes, node => Assert.Equal(["b", "c", "a"], node.All.Select(s => s.Name)));
        Assert.Equal([0, 1, 2], Standing(nodes[0]).Select(s => s.Number));
    }

    [Fact]
    public async Task A_store_whose_joining_broke_off_gets_the_number_that_it_had()
    {
        await OpenAsync(("b", _b), ("c", _c));
        await OpenAsync(("a", _a), ("b", _b), ("c", _c));
        var half = new MemoryStore(TimeProvider.System); // in the place of a, which holds nothing

        var grown = await OpenAsync(("a", half), ("b", _b), ("c", _c));

        Assert.Equal(2, grown.All.Count(s => s.Number < 2) + grown.All.Count(s => s.Number > 2));
        Assert.Same(half, grown.TryFind(2)!.Store);
    }

    [Fact]
    public async Task A_store_that_holds_no_bucket_may_stay_away_and_come_back_under_its_number()
    {
        await OpenAsync(("b", _b));
        await OpenAsync(("a", _a), ("b", _b));

        var without = await OpenAsync(("b", _b));
        var other = await OpenAsync(("b", _b), ("d", _c));
        var all = await OpenAsync(("b", _b), ("d", _c), ("e", _a));

        Assert.Null(without.TryFind(1));
        Assert.Equal(["b", "d"], other.All.Select(s => s.Name));
        Assert.Equal([("b", 0), ("e", 1), ("d", 2)], all.All.Select(s => (s.Name, s.Number)));
    }

    [Fact]
    public async Task Finds_its_stores_by_what_they_say_whatever_they_are_called()
    {
        var one = await OpenAsync((StoreNames.Single, _a));
        var two = await OpenAsync(("x", _b), ("y", _a));
        var swapped = await OpenAsync(("x", _a), ("y", _b));

        Assert.Same(_a, one.First.Store);
        Assert.Same(_a, two.First.Store);
        Assert.Same(_a, swapped.First.Store);
        Assert.Equal([("x", 0, ShardState.Active), ("y", 1, ShardState.Spare)], Standing(swapped));
    }

    [Fact]
    public async Task Refuses_to_go_on_without_a_store_that_holds_buckets()
    {
        await OpenAsync(("a", _a), ("b", _b));

        Assert.Equal(
            "Adapters:Store: shard 1, which was called b, holds buckets, and none of the configured stores is it; configure every "
                + "store that holds buckets",
            await RefusalAsync((StoreNames.Single, _a)));
        Assert.StartsWith(
            "Adapters:Store: shard 0, which was called a, holds buckets", await RefusalAsync((StoreNames.Single, _b)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_two_stores_that_say_the_same_number()
    {
        await OpenAsync(("a", _a), ("b", _b));
        await CopyAsync(_b, _c);

        Assert.Equal(
            "Adapters:Store: b and c both say that they are shard 1; one is a copy of the other",
            await RefusalAsync(("a", _a), ("b", _b), ("c", _c)));
    }

    [Fact]
    public async Task Refuses_a_store_of_another_deployment()
    {
        await OpenAsync(("a", _a), ("b", _b));
        await OpenAsync(("a", new MemoryStore(TimeProvider.System)), ("b", _c));

        Assert.Equal("Adapters:Store: b belongs to another deployment than a", await RefusalAsync(("a", _a), ("b", _c)));
    }

    [Fact]
    public async Task Refuses_a_store_that_was_removed_and_one_that_the_map_does_not_list()
    {
        await OpenAsync(("a", _a));
        await OpenAsync(("a", _a), ("b", _b));
        await ChangeAsync(_a, map => map with { Shards = [map.Shards[0], map.Shards[1] with { State = ShardState.Removed }] });

        Assert.Equal(
            "Adapters:Store: b is shard 1, which was removed from the deployment; take it out of the configuration",
            await RefusalAsync(("a", _a), ("b", _b)));

        await ChangeAsync(_a, map => map with { Shards = [map.Shards[0]] });

        Assert.StartsWith(
            "Adapters:Store: b says that it is shard 1, which the map of shard 0 does not list", await RefusalAsync(("a", _a), ("b", _b)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Never_gives_the_number_of_a_shard_that_was_removed_to_another()
    {
        await OpenAsync(("a", _a));
        await OpenAsync(("a", _a), ("b", _b));
        await ChangeAsync(_a, map => map with { Shards = [map.Shards[0], map.Shards[1] with { State = ShardState.Removed }] });

        var grown = await OpenAsync(("a", _a), ("b", _c));

        Assert.Equal([("a", 0, ShardState.Active), ("b", 2, ShardState.Spare)], Standing(grown));
        Assert.Equal(ShardState.Removed, grown.Map.StateOf(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refuses_a_store_of_before_and_leaves_the_others_untouched(bool hasMap)
    {
        await (hasMap ? PutAsync(_a, ShardMap.FormerKind, "{}"u8.ToArray(), 0) : UseAsync(new Shards(new InTurn(1), [_a])));

        var refusal = await RefusalAsync(("a", _a), ("b", _b));

        Assert.Equal("Adapters:Store: a was made by a version before 0.1.0 and cannot be read; configure an empty place", refusal);
        Assert.Null(await _b.FindAsync(ShardMap.Kind, ShardMap.Id, default));
        Assert.Null(await _a.FindAsync(ShardMap.Kind, ShardMap.Id, default));
    }

    [Fact]
    public async Task Learns_what_others_changed_when_it_reads_the_map_again()
    {
        var node = await OpenAsync(("a", _a));
        await OpenAsync(("a", _a), ("b", _b));
        Assert.Null(node.Map.StateOf(1));

        await node.RefreshAsync(default);

        Assert.Equal(ShardState.Spare, node.Map.StateOf(1));
    }

    [Fact]
    public async Task Every_store_keeps_the_newest_map_and_says_which_one_it_is()
    {
        await OpenAsync(("b", _b), ("c", _c));
        await OpenAsync(("a", _a), ("b", _b), ("c", _c));

        var copies = await Task.WhenAll(new[] { _b, _c, _a }.Select(ReadAsync));

        Assert.Equal([0, 1, 2], copies.Select(c => c.Map.Here));
        Assert.All(
            copies, c => Assert.Equal((copies[0].Version, "b,c,a"), (c.Version, string.Join(',', c.Map.Shards.Select(s => s.Name)))));
    }

    [Fact]
    public async Task Reads_without_writing_where_it_may_not_write()
    {
        await OpenAsync(("b", _b));
        var before = await ReadAsync(_b);

        var found = Over(("renamed", _b));
        await found.OpenForReadingAsync(default);
        var newcomer = await Assert.ThrowsAsync<ShardMapException>(() => Over(("a", _a), ("b", _b)).OpenForReadingAsync(default));
        var nothing = await Assert.ThrowsAsync<ShardMapException>(() => Over(("c", _c)).OpenForReadingAsync(default));

        Assert.Equal(0, found.First.Number);
        Assert.Equal(before.Version, (await ReadAsync(_b)).Version);
        Assert.All([newcomer, nothing], e => Assert.Contains("start the server first", e.Message, StringComparison.Ordinal));
        Assert.Null(await _c.FindAsync(ShardMap.Kind, ShardMap.Id, default));
    }

    [Fact]
    public void Refuses_a_map_that_does_not_say_once_where_everything_lies()
    {
        var map = ShardMap.First(default, ["a", "b"]);

        Assert.Equal(2, map.Ranges.Count);
        Assert.Throws<ShardMapException>((map with { Ranges = [map.Ranges[0]] }).Spread);
        Assert.Throws<ShardMapException>((map with { Ranges = [map.Ranges[0], map.Ranges[0]] }).Spread);
        Assert.Throws<ShardMapException>((map with { Ranges = [map.Ranges[0], map.Ranges[1] with { Shard = 2 }] }).Spread);
        Assert.Throws<ShardMapException>((map with { Shards = [map.Shards[1], map.Shards[0]] }).Spread);
    }

    private static IEnumerable<Bucket> Buckets() => Enumerable.Range(0, Bucket.Count).Select(number => new Bucket(number));

    // One event in each shard.
    private static async Task UseAsync(Shards shards)
    {
        foreach (var shard in shards.All)
        {
            var @event = new NewEvent(Id.New(TimeProvider.System, default), "things.happened.v1", "{}"u8.ToArray(), default, default);
            await shard.CommitAsync(
                new Commit { Id = @event.Id, Bucket = default, Appends = [new Append(Thing.Stream("a"), 0, [@event])] }, default);
        }
    }

    private static IEnumerable<(string Name, int Number, ShardState State)> Standing(Shards shards) =>
        shards.All.Select(s => (s.Name, s.Number, shards.Map.StateOf(s.Number)!.Value)); // it lists whatever is there

    private static Shards Over(params (string Name, IStore Store)[] stores)
    {
        var names = new StoreNames([.. stores.Select(s => s.Name)]);
        return new Shards(new StoredShardMap(names, _json, TimeProvider.System), names, stores.Select(s => s.Store));
    }

    private static async Task<Shards> OpenAsync(params (string Name, IStore Store)[] stores)
    {
        var shards = Over(stores);
        await shards.OpenAsync(TestContext.Current.CancellationToken);
        return shards;
    }

    private static async Task<string> RefusalAsync(params (string Name, IStore Store)[] stores) =>
        (await Assert.ThrowsAsync<ShardMapException>(() => OpenAsync(stores))).Message;

    private static async Task<StoredMap> ReadAsync(IStore store)
    {
        var found = (await store.FindAsync(ShardMap.Kind, ShardMap.Id, default))!;
        return new StoredMap(_json.Read<ShardMap>(found.Body), found.Version);
    }

    private static async Task ChangeAsync(IStore store, Func<ShardMap, ShardMap> change)
    {
        var (map, version) = await ReadAsync(store);
        await PutAsync(store, ShardMap.Kind, _json.Write(change(map)), version);
    }

    private static async Task CopyAsync(MemoryStore from, MemoryStore to)
    {
        var found = (await from.FindAsync(ShardMap.Kind, ShardMap.Id, default))!;
        await PutAsync(to, ShardMap.Kind, found.Body, 0);
    }

    private static async Task PutAsync(IStore store, string kind, byte[] body, long former) => await store.CommitAsync(
        [
            new Commit
            {
                Id = Id.New(TimeProvider.System, default), Bucket = default,
                Documents = [new DocumentWrite(kind, ShardMap.Id, null, body, former + 1)],
            }], default);
}
