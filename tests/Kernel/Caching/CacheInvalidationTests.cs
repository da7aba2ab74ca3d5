using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Caching;

/// <summary>The copies of a node go when another node changes what they show.</summary>
public sealed class CacheInvalidationTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore _memory;
    private readonly TestNode _other;
    private readonly TestNode _node;
    private readonly Heartbeats _heartbeats;
    private readonly Copies _copies = new();
    private readonly CacheInvalidation _invalidation;
    private Action<string> _beforeStore = _ => { };

    public CacheInvalidationTests()
    {
        _memory = new MemoryStore(_clock);
        _other = new TestNode(_memory, _clock);
        _node = new TestNode(InterceptedStore.Before(_memory, method => _beforeStore(method)), _clock);
        _heartbeats = new Heartbeats(_clock);
        _invalidation = new CacheInvalidation(
            _node.Get<Shards>(), [_copies], _node.Get<StateMemory>(), _node.Get<LogFreshness>(), _heartbeats, _clock,
            NullLogger<CacheInvalidation>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _invalidation.StopAsync(default);
        _invalidation.Dispose();
        _heartbeats.Dispose();
        await _node.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Drops_what_another_node_changed_within_two_seconds_of_looking()
    {
        await _invalidation.StartAsync(default);
        await Eventually.IsSoAsync(() => _clock.NextDue is not null);
        await _other.HappenAsync(Thing.Stream("a"), "1", "2");
        Assert.Empty(_copies.Evicted); // Nothing told this node of it.

        _clock.Advance(TimeSpan.FromSeconds(2));

        await Eventually.IsSoAsync(() => _copies.Evicted.Count == 2);
        Assert.Equal(["thing-a 1", "thing-a 2"], _copies.Evicted);
        Assert.Contains(_heartbeats.All, h => h.Loop == "cache/0");
    }

    [Fact]
    public async Task Drops_at_the_start_what_a_killed_process_left_in_a_cache_that_outlives_it()
    {
        await _other.HappenAsync(Thing.Stream("a"), [.. Enumerable.Range(0, 700).Select(i => $"{i}")]);
        _node.Shard.Stored(700);

        await _invalidation.StartAsync(default);

        await Eventually.IsSoAsync(() => _copies.Evicted.Count == 500);
        Assert.Equal(["thing-a 201", "thing-a 700"], [_copies.Evicted.First(), _copies.Evicted.Last()]); // One page.
    }

    [Fact]
    public async Task Goes_on_from_where_it_was_after_the_store_or_a_cache_was_unavailable()
    {
        var failures = 0;
        _beforeStore = method => failures += method == nameof(IStore.ReadLogAsync) && failures < 2
            ? throw new StoreUnavailableException($"{++failures}", isFull: false, null) : 0;
        await _other.HappenAsync(Thing.Stream("a"), "1");
        await _invalidation.StartAsync(default);
        await _clock.UntilAsync(() => Task.FromResult(_copies.Evicted.Count == 1));

        _copies.Failures = 1;
        await _other.HappenAsync(Thing.Stream("a"), "2");
        await _clock.UntilAsync(() => Task.FromResult(_copies.Evicted.Contains("thing-a 2")));

        Assert.Equal((2, 0), (failures, _copies.Failures));
    }

    private sealed class Copies : ICacheInvalidator
    {
        public ConcurrentQueue<string> Evicted { get; } = new();

        public int Failures { get; set; }

        public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new IOException("The cache cannot be reached.");
            }

            Evicted.Enqueue($"{tag} {position.Value}");
            return default;
        }
    }
}
