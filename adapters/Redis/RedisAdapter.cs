using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Adapters;

namespace Monolith.Adapters.Redis;

/// <summary>Redis: one cache of all nodes. <c>redis://cache:6379</c>, and <c>rediss://</c> over TLS.</summary>
/// <param name="isTls">Whether it plays the scheme for TLS.</param>
public sealed class RedisAdapter(bool isTls) : IAdapter
{
    internal const string PlainScheme = "redis";
    internal const string TlsScheme = "rediss";

    /// <inheritdoc />
    public string Scheme => isTls ? TlsScheme : PlainScheme;

    /// <inheritdoc />
    public IReadOnlyList<Player> Players => [new(Port.Cache.Name, RedisSettings.Keys, AddCache)];

    private static void AddCache(IServiceCollection services, AdapterUrl url)
    {
        AddLink(services, url, Port.Cache);
        services.AddSingleton<ICache>(provider => new RedisCache(
            provider.GetRequiredKeyedService<RedisLink>(Port.Cache), provider.GetRequiredService<IMeterFactory>().Create("Monolith.Cache")));
    }

    // Each port has connections of its own, because each may name other servers.
    private static void AddLink(IServiceCollection services, AdapterUrl url, Port port)
    {
        var settings = RedisSettings.Read(url);
        services.AddKeyedSingleton(port, (provider, _) => new RedisLink(
            settings, port.Name, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RedisLink>>()));
        services.AddSingleton<IOutside>(provider => provider.GetRequiredKeyedService<RedisLink>(port));
        services.AddHostedService(provider => provider.GetRequiredKeyedService<RedisLink>(port));
    }
}
