using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Redis;

namespace Monolith.Adapters.Tests.Redis;

/// <summary>What a node has of Redis, put together as the adapter does; ends with the test.</summary>
internal sealed class RedisLinks : IAsyncDisposable
{
    private readonly List<RedisLink> _links = [];
    private readonly Meter _meter = new("Monolith.Cache");

    /// <summary>Starts a server; the test is skipped where there is none.</summary>
    public static Task<RedisTestServer> ServerAsync(params string[] settings)
    {
        Assert.SkipWhen(RedisTestServer.Missing is not null, RedisTestServer.Missing ?? "");
        return RedisTestServer.StartAsync(settings);
    }

    /// <summary>Makes a cache as one more node has it, and waits until it is connected.</summary>
    public async Task<(RedisCache Cache, RedisLink Link)> CacheAsync(string url)
    {
        var link = Link(url);
        var cache = Cache(link);
        await link.StartAsync(CancellationToken.None);
        await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
        return (cache, link);
    }

    /// <summary>Makes a session store as one more node has it, and waits until it is connected.</summary>
    public async Task<(RedisSessionStore Sessions, RedisLink Link)> SessionsAsync(string url, Shards shards, TimeProvider clock)
    {
        var link = Link(url);
        var sessions = new RedisSessionStore(
            new StoreSessionStore(shards, clock), new RedisCache(link, TimeProvider.System, _meter, "s"), link, shards, clock);
        await link.StartAsync(CancellationToken.None);
        await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
        return (sessions, link);
    }

    /// <summary>Makes limits as one more node has them, and waits until it is connected.</summary>
    public async Task<(RedisAttemptLimiter Limits, RedisLink Link)> LimitsAsync(string url, TimeProvider clock)
    {
        var link = Link(url);
        await link.StartAsync(CancellationToken.None);
        await Eventually.IsSoAsync(() => link.Fault is null, () => link.Fault);
        return (Limits(link, clock), link);
    }

    /// <summary>Makes a cache on a link.</summary>
    public RedisCache Cache(RedisLink link) => new(link, TimeProvider.System, _meter);

    /// <summary>Makes limits on a link.</summary>
    public static RedisAttemptLimiter Limits(RedisLink link, TimeProvider clock) =>
        new(new MemoryAttemptLimiter(clock), link, () => new byte[32]);

    /// <summary>Makes the way to a server; it is not started yet.</summary>
    public RedisLink Link(string url)
    {
        var link = new RedisLink(Settings(url), "Cache", TimeProvider.System, NullLogger<RedisLink>.Instance);
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

    private static RedisSettings Settings(string url)
    {
        var faults = new Faults();
        var settings = RedisSettings.Read(AdapterUrl.Parse("Adapters:Cache", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        return settings;
    }
}
