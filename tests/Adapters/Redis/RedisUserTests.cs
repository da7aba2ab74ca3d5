using System.Text;
using Monolith.Adapters.Redis;

namespace Monolith.Adapters.Tests.Redis;

/// <summary>A user who may do what the adapter needs, as <c>docs/adapters/redis.md</c> names it, and nothing else.</summary>
public sealed class RedisUserTests : IAsyncDisposable
{
    private const string Rights =
        "+ping +echo +info +select +client|id +client|setname +cluster|nodes +cluster|slots +get +mget +set +setex +psetex +expire "
        + "+pexpire +unlink +script|load +eval +evalsha +time +hget +hset +hincrby";

    private readonly RedisLinks _links = new();
    private RedisTestServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Needs_no_other_right_than_the_page_names()
    {
        var server = await StartAsync();
        await AllowAsync(server, "monolith", Rights);
        var url = $"redis://monolith:right@127.0.0.1:{server.Port}/2";
        var ((cache, _), (limits, _)) = (await _links.CacheAsync(url), await _links.LimitsAsync(url, TimeProvider.System));

        await UseAsync(cache, limits);

        Assert.NotNull(await cache.GetAsync("k", Cancellation));
        Assert.NotEqual(TimeSpan.Zero, await limits.WaitAsync("key", Cancellation));
        Assert.Equal("*0", await server.AskAsync("ACL", "LOG"));
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "adapters", "redis.md"), Cancellation);
        Assert.Contains($"~monolith:* -@all {Rights}\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Needs_every_right_that_the_page_names()
    {
        var server = await StartAsync();
        foreach (var right in Rights.Split(' '))
        {
            await AllowAsync(server, "less", $"{Rights} {right.Replace('+', '-')}");
            await server.AskAsync("ACL", "LOG", "RESET");
            var link = _links.Link($"redis://less:right@127.0.0.1:{server.Port}/2");
            await link.StartAsync(Cancellation);
            var (cache, limits) = (_links.Cache(link), RedisLinks.Limits(link, TimeProvider.System));

            await Eventually.IsSoAsync(
                async () =>
                {
                    await UseAsync(cache, limits);
                    return await server.AskAsync("ACL", "LOG") != "*0";
                },
                () => right);

            await link.StopAsync(Cancellation);
        }
    }

    [Fact]
    public async Task Needs_no_other_right_in_a_cluster()
    {
        var servers = await RedisCluster.ServersAsync();
        foreach (var server in servers)
        {
            await AllowAsync(server, "monolith", Rights);
        }

        var url = RedisCluster.Url(servers, "&prefix=monolith").Replace("redis://", "redis://monolith:right@", StringComparison.Ordinal);
        var ((cache, _), (limits, _)) = (await _links.CacheAsync(url), await _links.LimitsAsync(url, TimeProvider.System));

        await UseAsync(cache, limits);

        Assert.NotNull(await cache.GetAsync("k", Cancellation));
        foreach (var server in servers)
        {
            Assert.Equal("*0", await server.AskAsync("ACL", "LOG"));
            Assert.Contains("user=monolith", await server.AskAllAsync("CLIENT", "LIST"), StringComparison.Ordinal);
        }
    }

    private static async Task AllowAsync(RedisTestServer server, string user, string rights) =>
        await server.AskAsync(["ACL", "SETUSER", user, "on", ">right", "~monolith:*", "-@all", .. rights.Split(' ')]);

    private static async Task UseAsync(RedisCache cache, RedisAttemptLimiter limits)
    {
        var entry = new CacheEntry(Encoding.UTF8.GetBytes("a"), new LogPosition(0, 6), ["t", "u"]);
        await cache.RemoveAsync("k", Cancellation);
        await cache.SetAsync("other", entry, TimeSpan.FromHours(1.5).Add(TimeSpan.FromMilliseconds(1)), Cancellation);
        await cache.SetAsync("k", entry, TimeSpan.FromHours(1), Cancellation);
        await cache.EvictAsync("t", new LogPosition(0, 5), Cancellation);
        await cache.GetAsync("k", Cancellation);
        await limits.SucceededAsync("key", Cancellation);
        await limits.FailedAsync("key", 0, Cancellation);
        await limits.WaitAsync("key", Cancellation);
    }

    // The default user is let in without a password; it may do what the test asks for.
    private async Task<RedisTestServer> StartAsync()
    {
        _server = await RedisLinks.ServerAsync();
        await _server.AskAsync("ACL", "SETUSER", "default", "resetkeys", "-@all", "+acl");
        return _server;
    }
}
