using System.Text;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every cache promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class CacheContract : IAsyncLifetime
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    private ICache Cache { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an empty cache.</summary>
    protected abstract ValueTask<ICache> StartAsync();

    /// <summary>Lets time go by for the cache.</summary>
    protected abstract ValueTask PassAsync(TimeSpan time);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Cache = await StartAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Finds_what_was_set_as_it_was_set()
    {
        await SetAsync("grüße/日本", Entry("a", 7, "user-1", "gallery"));

        var found = await Cache.GetAsync("grüße/日本", Cancellation);

        Assert.NotNull(found);
        Assert.Equal("a", Text(found));
        Assert.Equal(new LogPosition(0, 7), found.Position);
        Assert.Equal(["user-1", "gallery"], found.Tags);
    }

    [Fact]
    public async Task Finds_nothing_that_was_never_set() => Assert.Null(await Cache.GetAsync("k", Cancellation));

    [Fact]
    public async Task Keeps_an_empty_copy_apart_from_none()
    {
        await SetAsync("k", Entry("", 1));

        Assert.Empty((await Cache.GetAsync("k", Cancellation))!.Value);
    }

    [Fact]
    public async Task Replaces_an_entry_with_its_tags()
    {
        await SetAsync("k", Entry("a", 1, "old"));
        await SetAsync("k", Entry("b", 2, "new"));

        await Cache.EvictAsync("old", At(100), Cancellation);

        Assert.Equal("b", Text(await Cache.GetAsync("k", Cancellation)));
    }

    [Fact]
    public async Task Forgets_an_entry_when_its_lifetime_is_over()
    {
        await Cache.SetAsync("short", Entry("a", 1), TimeSpan.FromSeconds(1), Cancellation);
        await Cache.SetAsync("long", Entry("b", 1), TimeSpan.MaxValue, Cancellation);

        await PassAsync(TimeSpan.FromSeconds(1));

        Assert.Null(await Cache.GetAsync("short", Cancellation));
        Assert.NotNull(await Cache.GetAsync("long", Cancellation));
    }

    [Fact]
    public async Task Removes_an_entry_and_does_not_mind_when_there_is_none()
    {
        await SetAsync("k", Entry("a", 1, "t"));

        await Cache.RemoveAsync("k", Cancellation);
        await Cache.RemoveAsync("k", Cancellation);

        Assert.Null(await Cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task Evicts_by_any_tag_what_was_built_below_the_position_and_nothing_else()
    {
        await SetAsync("below", Entry("a", 4, "other", "t"));
        await SetAsync("at", Entry("b", 5, "t"));
        await SetAsync("untouched", Entry("c", 1, "tt"));
        await SetAsync("untagged", Entry("d", 1));

        await Cache.EvictAsync("t", At(5), Cancellation);

        Assert.Null(await Cache.GetAsync("below", Cancellation));
        Assert.NotNull(await Cache.GetAsync("at", Cancellation));
        Assert.NotNull(await Cache.GetAsync("untouched", Cancellation));
        Assert.NotNull(await Cache.GetAsync("untagged", Cancellation));
    }

    [Fact]
    public async Task Drops_an_entry_that_was_begun_before_its_tag_was_evicted_and_arrives_after()
    {
        await Cache.EvictAsync("t", At(5), Cancellation);

        await SetAsync("late", Entry("a", 4, "x", "t"));
        await SetAsync("fresh", Entry("b", 5, "t"));
        await SetAsync("unrelated", Entry("c", 4, "x"));

        Assert.Null(await Cache.GetAsync("late", Cancellation));
        Assert.NotNull(await Cache.GetAsync("fresh", Cancellation));
        Assert.NotNull(await Cache.GetAsync("unrelated", Cancellation));
    }

    [Fact]
    public async Task Remembers_the_highest_position_when_evictions_come_out_of_order()
    {
        await Cache.EvictAsync("t", At(9), Cancellation);
        await Cache.EvictAsync("t", At(3), Cancellation);

        await SetAsync("k", Entry("a", 8, "t"));

        Assert.Null(await Cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task Drops_an_entry_that_was_built_in_another_shard_than_its_tag_was_evicted_in()
    {
        await SetAsync("there", Entry("a", 9, "t") with { Position = new LogPosition(1, 9) });
        await Cache.EvictAsync("t", At(5), Cancellation);
        await SetAsync("late", Entry("b", 9, "t") with { Position = new LogPosition(1, 9) });

        Assert.Null(await Cache.GetAsync("there", Cancellation));
        Assert.Null(await Cache.GetAsync("late", Cancellation));
    }

    [Fact]
    public async Task Still_drops_an_outdated_entry_that_arrives_minutes_late()
    {
        await Cache.EvictAsync("t", At(5), Cancellation);
        await PassAsync(TimeSpan.FromMinutes(10));
        await Cache.EvictAsync("u", At(6), Cancellation);

        await SetAsync("k", Entry("a", 4, "t"));

        Assert.Null(await Cache.GetAsync("k", Cancellation));
    }

    [Fact]
    public async Task Takes_keys_of_512_characters_and_refuses_longer_ones()
    {
        await SetAsync(new string('k', 512), Entry("a", 1));

        Assert.NotNull(await Cache.GetAsync(new string('k', 512), Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => SetAsync(new string('k', 513), Entry("a", 1)));
    }

    [Fact]
    public async Task Refuses_a_lifetime_of_nothing() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Cache.SetAsync("k", Entry("a", 1), TimeSpan.Zero, Cancellation));

    [Fact]
    public async Task Lets_no_outdated_entry_through_however_calls_interleave()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            async () =>
            {
                for (var position = 1; position <= 500; position++)
                {
                    if (i == 0)
                    {
                        await Cache.EvictAsync("t", At(position), Cancellation);
                    }
                    else
                    {
                        await SetAsync($"k{position % 10}", Entry("a", position, "t"));
                        await Cache.GetAsync($"k{(position + i) % 10}", Cancellation);
                    }
                }
            },
            Cancellation)));
        await Cache.EvictAsync("t", At(500), Cancellation);

        for (var i = 0; i < 10; i++)
        {
            Assert.True(await Cache.GetAsync($"k{i}", Cancellation) is null or { Position.Value: >= 500 });
        }
    }

    private async Task SetAsync(string key, CacheEntry entry) => await Cache.SetAsync(key, entry, _hour, Cancellation);

    private static CacheEntry Entry(string text, long position, params IReadOnlyList<string> tags) =>
        new(Encoding.UTF8.GetBytes(text), At(position), tags);

    private static LogPosition At(long position) => new(0, position);

    private static string? Text(CacheEntry? entry) => entry is null ? null : Encoding.UTF8.GetString(entry.Value);
}
