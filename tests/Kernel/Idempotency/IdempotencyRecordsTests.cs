namespace Monolith.Kernel.Tests.Idempotency;

/// <summary>The records on two shards: where they are found, when they expire, and how they go.</summary>
public sealed class IdempotencyRecordsTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore[] _stores;
    private readonly TestNode _node;
    private readonly IdempotencyRecords _records;
    private Action<string> _beforeSecond = _ => { };

    public IdempotencyRecordsTests()
    {
        _stores = [new MemoryStore(_clock), new MemoryStore(_clock)];
        _node = new TestNode([_stores[0], InterceptedStore.Before(_stores[1], method => _beforeSecond(method))], _clock);
        _records = new IdempotencyRecords(Shards, _node.Get<StoredJson>(), _clock);
    }

    private Shards Shards => _node.Get<Shards>();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Are_found_at_home_or_wherever_the_effect_is(int shard)
    {
        await StoreAsync(shard, "a");

        Assert.Equal([7], (await FindAsync("a"))!.Request);
        Assert.Null(await FindAsync("another"));
    }

    [Fact]
    public async Task Are_found_at_home_though_another_shard_is_unavailable()
    {
        await StoreAsync(0, "a");
        await StoreAsync(1, "b");
        _beforeSecond = _ => throw new StoreUnavailableException("unreachable", isFull: false, null);

        Assert.NotNull(await FindAsync("a"));
        Assert.Null(await FindAsync("b")); // Its repetition fails at the commit, which goes there.
    }

    [Fact]
    public async Task A_home_that_is_unavailable_is_told()
    {
        _beforeSecond = _ => throw new StoreUnavailableException("unreachable", isFull: false, null);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => _records.FindAsync("a", Shards.All[1], default));
    }

    [Fact]
    public async Task Count_for_a_day_and_go_when_their_key_is_used_again()
    {
        await StoreAsync(0, "a");
        _clock.Advance(IdempotencyRecord.Lifetime - TimeSpan.FromSeconds(1));
        Assert.NotNull(await FindAsync("a"));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await FindAsync("a"));
        Assert.Null(await _stores[0].FindAsync(IdempotencyRecord.Kind, "a", default));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(26)]
    [InlineData(44)]
    [InlineData(24 * 31)]
    public async Task Are_swept_once_they_have_expired_however_late_the_sweep_comes(int hours)
    {
        for (var i = 0; i < 250; i++)
        {
            await StoreAsync(0, $"{i}");
        }

        _clock.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await SweepAsync(0));
        _clock.Advance(TimeSpan.FromHours(hours - 23));
        await StoreAsync(0, "young");

        var pages = 0;
        for (var more = 0; more < 48 && await CountAsync() > 1; more++)
        {
            pages += await SweepAsync(0);
            if (await CountAsync() > 1)
            {
                _clock.Advance(TimeSpan.FromHours(1)); // Two hours around the present stay alone, for clocks that differ.
            }
        }

        Assert.Equal(3, pages);
        Assert.NotNull(await _stores[0].FindAsync(IdempotencyRecord.Kind, "young", default));
    }

    [Fact]
    public async Task A_sweep_that_meets_another_ends_without_a_fault()
    {
        await StoreAsync(1, "a");
        _clock.Advance(TimeSpan.FromHours(30));
        _beforeSecond = method =>
        {
            if (method == nameof(IStore.CommitAsync))
            {
                // Between this sweep's look and its deletion.
                _beforeSecond = _ => { };
                _stores[1].CommitAsync([Deletion("a")], default).AsTask().GetAwaiter().GetResult();
            }
        };

        Assert.Equal(0, await SweepAsync(1));
        Assert.Null(await _stores[1].FindAsync(IdempotencyRecord.Kind, "a", default));
    }

    private Task<IdempotencyRecord?> FindAsync(string id) => _records.FindAsync(id, Shards.First, default);

    private async Task<int> CountAsync() => (await _stores[0].QueryAsync(new DocumentQuery(IdempotencyRecord.Kind, 1000), default)).Count;

    private async Task<int> SweepAsync(int shard)
    {
        var pages = 0;
        await _records.SweepAsync(Shards.All[shard], () => pages++, default);
        return pages;
    }

    private async Task StoreAsync(int shard, string id)
    {
        var record = new IdempotencyRecord([7], _clock.GetUtcNow(), ["thing-a"], null);
        var write = record.Write(id, new Bucket(shard), 1, _node.Get<StoredJson>());
        Assert.IsType<Committed>(await Shards.All[shard].CommitAsync(CommitOf(shard, write), default));
    }

    private Commit Deletion(string id) => CommitOf(1, new DocumentWrite(IdempotencyRecord.Kind, id, null, null, 1));

    private Commit CommitOf(int shard, DocumentWrite write) =>
        new() { Id = Id.New(_clock, new Bucket(shard)), Bucket = new Bucket(shard), Documents = [write] };
}
