using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Redis;

/// <summary>
/// Redis: one cache of all nodes, look-ups of sessions, and limits that hold for all nodes together. <c>redis://cache:6379</c>, and
/// <c>rediss://</c> over TLS.
/// </summary>
public sealed class RedisAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["redis", RedisSettings.TlsScheme];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } =
    [
        new(Port.Cache.Name, RedisSettings.Keys, AddCache),
        new(Port.Sessions.Name, RedisSettings.Keys, AddSessions) { Decorates = Port.Sessions.Default },
        new(Port.Throttling.Name, RedisSettings.Keys, AddLimits) { Decorates = Port.Throttling.Default },
    ];

    private static void AddCache(IServiceCollection services, AdapterUrl url)
    {
        AddLink(services, url, Port.Cache, typeof(ICache));
        services.AddSingleton<ICache>(provider => Cache(provider, Port.Cache, "Monolith.Cache", ""));
    }

    private static void AddSessions(IServiceCollection services, AdapterUrl url)
    {
        AddLink(services, url, Port.Sessions, typeof(ISessionStore));
        var record = Under<ISessionStore>(services);
        services.AddSingleton(provider => new RedisSessionStore(
            record(provider), Cache(provider, Port.Sessions, "Monolith.Sessions", "s"),
            provider.GetRequiredKeyedService<RedisLink>(Port.Sessions),
            provider.GetRequiredService<Shards>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<RedisSessionStore>());
        services.AddSingleton<ICacheInvalidator>(provider => provider.GetRequiredService<RedisSessionStore>());
    }

    private static void AddLimits(IServiceCollection services, AdapterUrl url)
    {
        AddLink(services, url, Port.Throttling, typeof(IAttemptLimiter));
        var local = Under<IAttemptLimiter>(services);
        services.AddSingleton<IAttemptLimiter>(provider => new RedisAttemptLimiter(
            local(provider), provider.GetRequiredKeyedService<RedisLink>(Port.Throttling),
            () => provider.GetRequiredService<Secrets>().Derive("limits")));
    }

    // What stands behind us, and is registered already (PortBinding.Decorates).
    private static Func<IServiceProvider, T> Under<T>(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(T));
        services.Remove(registered);
        return provider => (T)registered.ImplementationFactory!(provider); // as every adapter registers its ports
    }

    private static RedisCache Cache(IServiceProvider provider, Port port, string meter, string space) => new(
        provider.GetRequiredKeyedService<RedisLink>(port), provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<IMeterFactory>().Create(meter), space);

    // Each port has connections of its own, because each may name other servers.
    private static void AddLink(IServiceCollection services, AdapterUrl url, Port port, Type binding)
    {
        var settings = RedisSettings.Read(url);
        services.AddKeyedSingleton(port, (provider, _) => new RedisLink(
            settings, port.Name, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RedisLink>>()));
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredKeyedService<RedisLink>(port));
        services.AddSingleton<IHostedService>(provider =>
        {
            // Handlers that act before the connection is used must exist before it is made.
            provider.GetRequiredService(binding);
            return provider.GetRequiredKeyedService<RedisLink>(port);
        });
    }
}
