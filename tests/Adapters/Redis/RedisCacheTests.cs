using System.Text;
using Monolith.Adapters.Redis;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Redis;

public sealed class RedisCacheTests : CacheContract
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    private readonly RedisLinks _links = new();
    private RedisTestServer _server = null!; // Set before any test by StartAsync.
    private RedisCache _cache = null!; // see above
    private RedisLink _link = null!; // see above

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override async ValueTask<ICache> StartAsync()
    {
        _server = await RedisLinks.ServerAsync();
        (_cache, _link) = await _links.CacheAsync(_server.Url());
        return _cache;
    }

    protected override ValueTask PassAsync(TimeSpan time) => PassAsync(_server, "monolith", time);

    // What is left of each key's life is cut by as much.
    internal static async ValueTask PassAsync(RedisTestServer server, string prefix, TimeSpan time) => await server.AskAsync(
        "EVAL",
        """
        for _, key in ipairs(redis.call('keys', ARGV[2] .. ':*')) do
          redis.call('pexpire', key, redis.call('pttl', key) - tonumber(ARGV[1]))
        end
        return 1
        """,
        "0",
        $"{time.TotalMilliseconds}",
        prefix);

    protected override async ValueTask StopAsync()
    {
        await _links.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Shows_one_node_what_another_has_set_and_evicted()
    {
        var (other, _) = await _links.CacheAsync(_server.Url());

        await SetAsync(_cache, "k", "a", 4, "t");
        Assert.Equal("a", await TextAsync(other, "k"));
        await other.EvictAsync("t", At(5), Cancellation);

        Assert.Null(await TextAsync(_cache, "k"));
    }

    [Fact]
    public async Task Does_not_bring_back_what_was_evicted_by_another_node_between_reading_and_setting()
    {
        var (other, _) = await _links.CacheAsync(_server.Url());

        await other.EvictAsync("t", At(5), Cancellation);
        await SetAsync(_cache, "k", "outdated", 4, "t");

        Assert.Null(await TextAsync(_cache, "k"));
        Assert.Null(await TextAsync(other, "k"));
    }

    [Theory]
    [InlineData("monolith:t:t")]
    [InlineData("monolith:c:k")]
    public async Task Loses_copies_and_never_finds_outdated_ones_when_Redis_drops_any_key_for_room(string dropped)
    {
        await SetAsync(_cache, "k", "old", 4, "t");
        await _cache.EvictAsync("t", At(5), Cancellation);

        await _server.AskAsync("DEL", dropped);
        await SetAsync(_cache, "late", "old", 4, "t");

        Assert.Null(await TextAsync(_cache, "k"));
        Assert.Null(await TextAsync(_cache, "late"));
        await SetAsync(_cache, "k", "new", 5, "t");
        Assert.Equal("new", await TextAsync(_cache, "k"));
    }

    [Fact]
    public async Task Goes_on_without_a_server_that_was_killed_and_finds_nothing_outdated_when_it_is_back()
    {
        await SetAsync(_cache, "k", "old", 4, "t");
        await SetAsync(_cache, "other", "old", 4, "u");
        await _cache.EvictAsync("x", At(6), Cancellation);
        await _server.AskAsync("SAVE");

        _server.Kill();
        await Eventually.IsSoAsync(() => _link.Fault is not null);
        Assert.Null(await TextAsync(_cache, "k"));
        await SetAsync(_cache, "k", "unseen", 7, "t");
        await _cache.EvictAsync("t", At(8), Cancellation);
        await _cache.RemoveAsync("k", Cancellation);
        await _server.RestartAsync();
        await Eventually.IsSoAsync(() => _link.Fault is null);

        // Both are there again, from the file; one was evicted while no node could be told.
        Assert.Equal(":2", await _server.AskAsync("EXISTS", "monolith:c:k", "monolith:c:other"));
        Assert.Null(await TextAsync(_cache, "k"));
        Assert.Null(await TextAsync(_cache, "other"));
        await SetAsync(_cache, "k", "new", 8, "t");
        Assert.Equal("new", await TextAsync(_cache, "k"));
    }

    [Fact]
    public async Task Does_not_let_callers_wait_for_a_server_that_hangs()
    {
        await SetAsync(_cache, "k", "a", 4, "t");

        _server.Hang();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await TextAsync(_cache, "k"));
        }

        Assert.Contains("does not answer in time", _link.Fault, StringComparison.Ordinal);
        var asked = _cache.GetAsync("k", Cancellation);
        Assert.True(asked.IsCompletedSuccessfully); // No server was asked.
        _server.Resume();
        await Eventually.IsSoAsync(() => _link.Fault is null);

        Assert.Equal("a", await TextAsync(_cache, "k"));
    }

    [Fact]
    public async Task Leaves_alone_what_another_version_or_another_program_has_written()
    {
        await _server.AskAsync("SET", "monolith:c:k", "something else");
        await _server.AskAsync("SET", "monolith:c:list", "");

        Assert.Null(await TextAsync(_cache, "k"));
        Assert.Null(await TextAsync(_cache, "list"));
    }

    [Fact]
    public async Task Keeps_deployments_apart_that_share_a_server()
    {
        var (prefixed, _) = await _links.CacheAsync(_server.Url("?prefix=staging"));
        var (numbered, _) = await _links.CacheAsync(_server.Url("/3"));

        await SetAsync(_cache, "k", "a", 4, "t");

        Assert.Null(await TextAsync(prefixed, "k"));
        Assert.Null(await TextAsync(numbered, "k"));
    }

    [Fact]
    public Task Copies_of_before_a_store_joined_are_found_and_dropped_as_before() => ShardNumberTests.AreFoundAndDroppedAsync(_cache);

    private static async Task SetAsync(RedisCache cache, string key, string text, long position, string tag) =>
        await cache.SetAsync(key, new CacheEntry(Encoding.UTF8.GetBytes(text), At(position), [tag]), _hour, Cancellation);

    private static async Task<string?> TextAsync(RedisCache cache, string key) =>
        await cache.GetAsync(key, Cancellation) is { } entry ? Encoding.UTF8.GetString(entry.Value) : null;

    private static LogPosition At(long position) => new(0, position);
}
