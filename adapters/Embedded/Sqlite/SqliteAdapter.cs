using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Embedded;

/// <summary>One SQLite file: the store of a single process. <c>sqlite:data/store.db?reserve=64MB</c>.</summary>
public sealed class SqliteAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["sqlite"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings => [new(Port.Store.Name, ["reserve"], Register)];

    private static void Register(IServiceCollection services, AdapterUrl url)
    {
        var path = url.LocalPath("sqlite:data/store.db");
        var disk = new DiskSpace(path, url.Bytes("reserve", DiskSpace.DefaultReserve));
        services.AddSingleton<IDisk>(disk);
        services.AddSingleton<IStore>(provider => new SqliteStore(path, provider.GetRequiredService<TimeProvider>(), disk));
    }
}
