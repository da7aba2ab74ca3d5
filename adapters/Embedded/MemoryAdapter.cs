using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Embedded;

/// <summary>Keeps what may be lost in the memory of this process.</summary>
public sealed class MemoryAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["memory"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } =
        [new(Port.Cache.Name, ["size", "eviction"], AddCache), new(Port.Throttling.Name, [], AddLimits)];

    private static void AddCache(IServiceCollection services, AdapterUrl url)
    {
        url.RefuseLocation();
        var size = url.Bytes("size", 64 << 20);
        var eviction = Enum.Parse<Eviction>(url.OneOf("eviction", "lru", "lru", "lfu", "fifo"), ignoreCase: true);
        services.AddSingleton<ICache>(provider => new MemoryCache(
            size, eviction, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>().Create("Monolith.Cache")));
    }

    private static void AddLimits(IServiceCollection services, AdapterUrl url)
    {
        url.RefuseLocation();
        services.AddSingleton<IAttemptLimiter>(provider => new MemoryAttemptLimiter(provider.GetRequiredService<TimeProvider>()));
    }
}
