using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Embedded;

/// <summary>Fills ports with what the store can do anyway, so that a small deployment needs nothing else.</summary>
public sealed class StoreAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["store"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Sessions.Name, [], AddSessions), new(Port.Queue.Name, [], AddQueue)];

    private static void AddSessions(IServiceCollection services, AdapterUrl url)
    {
        url.RefuseLocation();
        services.AddSingleton<IAfterRewind, EndSessionsOnRewind>();
        services.AddSingleton<ISessionStore>(provider => new StoreSessionStore(
            provider.GetRequiredService<Shards>(), provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddQueue(IServiceCollection services, AdapterUrl url)
    {
        url.RefuseLocation();
        services.AddSingleton<IQueue>(provider => new StoreQueue(
            provider.GetRequiredService<Shards>(), provider.GetRequiredService<TimeProvider>()));
    }
}
