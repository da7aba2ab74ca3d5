using System.Diagnostics.Metrics;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class MemoryCacheTests : CacheContract
{
    private readonly FakeClock _clock = new();
    private readonly Meter _meter = new("Monolith.Cache");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override ValueTask<ICache> StartAsync() => ValueTask.FromResult<ICache>(New(1 << 20, Eviction.Lru));

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask StopAsync()
    {
        _meter.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Never_holds_more_than_its_size()
    {
        var cache = New(256 << 10, Eviction.Lru);

        for (var i = 0; i < 5000; i++)
        {
            await SetAsync(cache, $"key-{i}", i % 3000, $"tag-{i % 50}", $"own-{i}");
            await cache.EvictAsync($"gone-{i}-{new string('x', 200)}", new LogPosition(0, 0), Cancellation);

            Assert.InRange(cache.Bytes, 0, 256 << 10);
        }

        Assert.NotNull(await cache.GetAsync("key-4999", Cancellation));
        Assert.True(cache.Bytes > 200 << 10);
    }

    [Fact]
    public async Task Counts_nothing_once_everything_is_gone()
    {
        var cache = New(1 << 20, Eviction.Lru);
        await SetAsync(cache, "a", 100, "t", "t");
        await SetAsync(cache, "a", 200, "t");
        await SetAsync(cache, "b", 300);

        await cache.RemoveAsync("a", Cancellation);
        _clock.Advance(TimeSpan.FromDays(1));
        await cache.GetAsync("b", Cancellation);

        Assert.Equal(0, cache.Bytes);
    }

    [Fact]
    public async Task Does_not_keep_an_entry_larger_than_an_eighth_nor_the_one_it_replaces()
    {
        var cache = New(80_000, Eviction.Lru);
        await SetAsync(cache, "big", 10);
        await SetAsync(cache, "small", 10);

        await SetAsync(cache, "big", 10_000);

        Assert.Null(await cache.GetAsync("big", Cancellation));
        Assert.NotNull(await cache.GetAsync("small", Cancellation));
    }

    // Eight entries fit: "2" was set first, "3" is the one used least recently, "4" the only one used but once.
    [Theory]
    [InlineData(Eviction.Fifo, "2")]
    [InlineData(Eviction.Lru, "3")]
    [InlineData(Eviction.Lfu, "4")]
    internal async Task Evicts_by_the_order_that_was_asked_for(Eviction eviction, string victim)
    {
        var cache = New(16_000, eviction);
        string[] order = ["2", "3", "4", "5", "6", "7", "0", "1"];
        foreach (var key in order)
        {
            await SetAsync(cache, key, 1550);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        string[] uses = ["3", "3", "5", "6", "7", "1", "1", "1", "4", "5", "6", "7", "2", "2", "0", "0"];
        foreach (var key in uses)
        {
            Assert.NotNull(await cache.GetAsync(key, Cancellation));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await SetAsync(cache, "new", 1550);

        Assert.Null(await cache.GetAsync(victim, Cancellation));
        foreach (var key in order.Except([victim]))
        {
            Assert.NotNull(await cache.GetAsync(key, Cancellation));
        }
    }

    [Fact]
    public async Task Drops_what_was_popular_long_ago()
    {
        var cache = New(16_000, Eviction.Lfu);
        await SetAsync(cache, "old", 1550);
        for (var i = 0; i < 20; i++)
        {
            await cache.GetAsync("old", Cancellation);
        }

        _clock.Advance(TimeSpan.FromMinutes(30));
        for (var i = 0; i < 8; i++)
        {
            await SetAsync(cache, $"{i}", 1550);
            await cache.GetAsync($"{i}", Cancellation);
        }

        Assert.Null(await cache.GetAsync("old", Cancellation));
        Assert.NotNull(await cache.GetAsync("0", Cancellation));
    }

    [Fact]
    public async Task Makes_room_by_dropping_first_what_has_run_out()
    {
        var cache = New(16_000, Eviction.Lru);
        for (var i = 0; i < 8; i++)
        {
            await cache.SetAsync(
                $"{i}", new CacheEntry(new byte[1550], new LogPosition(0, 1), []), TimeSpan.FromSeconds(i == 5 ? 1 : 60), Cancellation);
        }

        _clock.Advance(TimeSpan.FromSeconds(2));
        await SetAsync(cache, "new", 1550);

        Assert.NotNull(await cache.GetAsync("0", Cancellation));
    }

    [Fact]
    public async Task Keeps_the_position_rule_when_more_tags_are_evicted_than_it_can_remember()
    {
        var cache = New(64 << 10, Eviction.Lru);
        for (var i = 1; i <= 1000; i++)
        {
            await cache.EvictAsync($"t{i}", new LogPosition(0, i), Cancellation);
        }

        for (var i = 1; i <= 1000; i++)
        {
            await cache.SetAsync($"k{i}", new CacheEntry([], new LogPosition(0, i - 1), [$"t{i}"]), TimeSpan.FromHours(1), Cancellation);
            Assert.Null(await cache.GetAsync($"k{i}", Cancellation));
        }

        await cache.SetAsync("fresh", new CacheEntry([], new LogPosition(0, 1000), ["t1"]), TimeSpan.FromHours(1), Cancellation);
        Assert.NotNull(await cache.GetAsync("fresh", Cancellation));

        // The log of another shard may be far behind this one's, and its entries no older for it.
        await cache.SetAsync("quiet", new CacheEntry([], new LogPosition(1, 3), ["elsewhere"]), TimeSpan.FromHours(1), Cancellation);
        Assert.NotNull(await cache.GetAsync("quiet", Cancellation));
    }

    [Fact]
    public async Task Counts_hits_misses_evictions_and_its_size()
    {
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (i, l) => { if (i.Meter == _meter) { l.EnableMeasurementEvents(i); } },
        };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => seen[i.Name] = seen.GetValueOrDefault(i.Name) + value);
        listener.Start();
        var cache = New(16_000, Eviction.Lru);

        for (var i = 0; i < 9; i++)
        {
            await SetAsync(cache, $"{i}", 1550);
        }

        await cache.GetAsync("8", Cancellation);
        await cache.GetAsync("none", Cancellation);
        await cache.GetAsync("none", Cancellation);
        seen.Remove("monolith.cache.size");
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["monolith.cache.hits"]);
        Assert.Equal(2, seen["monolith.cache.misses"]);
        Assert.Equal(1, seen["monolith.cache.evictions"]);
        Assert.True(seen["monolith.cache.size"] >= cache.Bytes);
    }

    private MemoryCache New(long size, Eviction eviction) => new(size, eviction, _clock, _meter);

    private static async Task SetAsync(MemoryCache cache, string key, int length, params IReadOnlyList<string> tags) =>
        await cache.SetAsync(key, new CacheEntry(new byte[length], new LogPosition(0, 1), tags), TimeSpan.FromHours(1), Cancellation);
}
