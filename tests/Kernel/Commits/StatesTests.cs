using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>What is shown from memory is as new as the reader asks for, and never older than a second.</summary>
public sealed class StatesTests : IAsyncDisposable
{
    private static readonly StreamId _stream = Thing.Stream("a");

    private readonly FakeClock _clock = new();
    private readonly MemoryStore _store;
    private readonly TestNode _other;
    private readonly HeldStore _log;
    private readonly TestNode _node;
    private readonly CacheInvalidation _invalidation;
    private int _reads;

    public StatesTests()
    {
        _store = new MemoryStore(_clock);
        _other = new TestNode(_store, _clock);
        var log = HeldStore.Over(InterceptedStore.Before(_store, method => _reads += method == nameof(IStore.FindAsync) ? 1 : 0));
        (_log, _node) = ((HeldStore)log, new TestNode(log, _clock));
        _invalidation = new CacheInvalidation(
            _node.Get<Shards>(), [], _node.Get<StateMemory>(), _node.Get<LogFreshness>(), _node.Get<Heartbeats>(), _clock,
            NullLogger<CacheInvalidation>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _invalidation.StopAsync(default);
        _invalidation.Dispose();
        await _node.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Come_from_the_store_while_the_node_does_not_hear()
    {
        await _other.HappenAsync(_stream, "1");
        Assert.Equal(["1"], await FindAsync());
        await _other.HappenAsync(_stream, "2");

        Assert.Equal(["1", "2"], await FindAsync());
    }

    [Fact]
    public async Task Come_from_memory_while_it_does_and_are_dropped_by_the_log()
    {
        await _other.HappenAsync(_stream, "1");
        await HearAsync();
        await FindAsync();
        _reads = 0;

        Assert.Equal(["1"], await FindAsync());
        Assert.Equal(0, _reads);

        await _other.HappenAsync(_stream, "2");
        _node.Shard.Stored(0); // It was told that there is something.
        await Eventually.IsSoAsync(async () => (await FindAsync()).Count == 2);
    }

    [Fact]
    public async Task Come_from_the_store_once_nothing_was_heard_for_a_second()
    {
        var held = await HearNoMoreAsync();

        Assert.Equal(["1"], await FindAsync());
        _clock.Advance(LogFreshness.Limit + TimeSpan.FromTicks(1));

        Assert.Equal(["1", "2"], await FindAsync());
        held.SetResult();
    }

    [Fact]
    public async Task Are_as_new_as_the_token_of_the_reader_demands()
    {
        var held = await HearNoMoreAsync();

        Assert.Equal(["1", "2"], await FindAsync(demanded: 2));
        held.SetResult();
    }

    [Fact]
    public async Task Come_from_memory_for_a_token_up_to_which_the_log_was_heard()
    {
        await _other.HappenAsync(_stream, "1");
        await HearAsync();
        await FindAsync();
        await _other.HappenAsync(Thing.Stream("another"), "x");
        _node.Shard.Stored(0);
        await Eventually.IsSoAsync(() => _node.Get<LogFreshness>().HasHeard(_node.Shard, 2));
        _reads = 0;

        Assert.Equal(["1"], await FindAsync(demanded: 2));
        Assert.Equal(0, _reads);
    }

    private async Task<IReadOnlyList<string>> FindAsync(long demanded = 0)
    {
        await using var scope = _node.Scope();
        if (demanded > 0)
        {
            scope.ServiceProvider.GetRequiredService<CommitScope>().Demanded =
                new ConsistencyToken([new LogPosition(_node.Shard.Log, demanded)]);
        }

        return (await scope.ServiceProvider.GetRequiredService<States>().FindAsync<Thing>(_stream, default)).State.Counted;
    }

    // Remembers the first, and is not told of the second before this ends.
    private async Task<TaskCompletionSource> HearNoMoreAsync()
    {
        await _other.HappenAsync(_stream, "1");
        await HearAsync();
        await FindAsync();
        var held = _log.Hold();
        await _other.HappenAsync(_stream, "2");
        _node.Shard.Stored(0);
        return held;
    }

    // Follows the log, and has heard all that is in it.
    private async Task HearAsync()
    {
        await _invalidation.StartAsync(default);
        await Eventually.IsSoAsync(() => _node.Get<LogFreshness>().IsFresh(_stream.Bucket));
        await Eventually.IsSoAsync(() => _node.Get<LogFreshness>().HasHeard(_node.Shard, 1));
    }
}
