namespace Monolith.Kernel.Tests.Sharding;

/// <summary>How long ago a node heard all that the others stored.</summary>
public sealed class LogFreshnessTests : IAsyncDisposable
{
    private static readonly Bucket _home = new(7);

    private readonly FakeClock _clock = new();
    private readonly HeldStore _store;
    private readonly ListeningNode _node;

    public LogFreshnessTests()
    {
        var store = HeldStore.Over(new MemoryStore(_clock));
        (_store, _node) = ((HeldStore)store, new ListeningNode(store, _clock));
    }

    private bool IsFresh => _node.Freshness.IsFresh(_home);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Is_there_for_a_second_after_a_look()
    {
        await _node.ListenAsync();
        Assert.False(IsFresh); // This asks for one.
        await Eventually.IsSoAsync(() => IsFresh);

        var held = _store.Hold();
        _clock.Advance(LogFreshness.Limit);
        Assert.True(IsFresh);
        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.False(IsFresh);
        held.SetResult();
        await Eventually.IsSoAsync(() => IsFresh);
    }

    [Fact]
    public async Task Lasts_as_long_as_it_is_asked_for()
    {
        await _node.ListenAsync();
        await Eventually.IsSoAsync(() => IsFresh);

        for (var i = 0; i < 5; i++)
        {
            _clock.Advance((LogFreshness.Limit / 2) + TimeSpan.FromTicks(1));
            Assert.True(IsFresh); // And this asks again, before it is too late.
            await HeardAsync();
        }
    }

    [Fact]
    public async Task Counts_from_the_moment_at_which_the_look_began()
    {
        await _node.ListenAsync();
        await Eventually.IsSoAsync(() => IsFresh);
        await HeardAsync();
        _store.Clear();
        var held = _store.Hold();
        _clock.Advance(LogFreshness.Limit * 0.75);
        Assert.True(IsFresh);
        await Eventually.IsSoAsync(() => _store.Reads.Count == 1);

        _clock.Advance(LogFreshness.Limit * 1.5);
        held.SetResult();
        await HeardAsync();

        Assert.False(IsFresh); // What was read is older than that by now.
        await Eventually.IsSoAsync(() => IsFresh);
        Assert.Equal(2, _store.Reads.Count);
    }

    [Fact]
    public async Task Looks_no_oftener_than_it_is_asked_to()
    {
        await _node.ListenAsync();
        await Eventually.IsSoAsync(() => IsFresh);
        await HeardAsync();
        _store.Clear();

        for (var i = 0; i < 100; i++)
        {
            Assert.True(IsFresh);
        }

        Assert.Empty(_store.Reads);
    }

    [Fact]
    public void Is_never_there_where_the_log_is_not_followed()
    {
        Assert.False(IsFresh);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(IsFresh);
    }

    private Task HeardAsync() => Eventually.IsSoAsync(() => !_node.Freshness.IsAsked(_node.Shards.First));
}
