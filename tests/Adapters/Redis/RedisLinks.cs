using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Redis;

namespace Monolith.Adapters.Tests.Redis;

/// <summary>What a node has of Redis, put together as the adapter does; ends with the test.</summary>
internal sealed class RedisLinks : IAsyncDisposable
{
    private readonly List<RedisLink> _links = [];
    private readonly Meter _meter = new("Monolith.Cache");

    /// <summary>Makes a cache as one more node has it, and waits until it is connected.</summary>
    public async Task<(RedisCache Cache, RedisLink Link)> CacheAsync(string url)
    {
        var link = Link(url);
        var cache = new RedisCache(link, _meter);
        await link.StartAsync(CancellationToken.None);
        await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
        return (cache, link);
    }

    /// <summary>Makes the way to a server; it is not started yet.</summary>
    public RedisLink Link(string url)
    {
        var link = new RedisLink(RedisTestServer.Settings(url), "Cache", TimeProvider.System, NullLogger<RedisLink>.Instance);
        _links.Add(link);
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.StopAsync(CancellationToken.None);
            link.Dispose();
        }

        _meter.Dispose();
    }
}
