using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Redis;

public sealed class RedisClusterCacheTests : CacheContract
{
    private readonly RedisLinks _links = new();
    private readonly string _prefix = $"test-{Id.New(TimeProvider.System, default):N}";

    protected override async ValueTask<ICache> StartAsync() =>
        (await _links.CacheAsync(RedisCluster.Url(await RedisCluster.ServersAsync(), $"&prefix={_prefix}"))).Cache;

    protected override async ValueTask PassAsync(TimeSpan time)
    {
        foreach (var server in await RedisCluster.ServersAsync())
        {
            await RedisCacheTests.PassAsync(server, _prefix, time);
        }
    }

    protected override ValueTask StopAsync() => _links.DisposeAsync();
}
