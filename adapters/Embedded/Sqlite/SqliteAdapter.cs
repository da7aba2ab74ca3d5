using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Adapters;

namespace Monolith.Adapters.Embedded;

/// <summary>One SQLite file: the store of a single process. <c>sqlite:data/store.db</c>.</summary>
public sealed class SqliteAdapter : IAdapter
{
    /// <inheritdoc />
    public string Scheme => "sqlite";

    /// <inheritdoc />
    public IReadOnlyList<Player> Players => [new(Port.Store.Name, [], Register)];

    private static void Register(IServiceCollection services, AdapterUrl url)
    {
        var path = url.LocalPath("sqlite:data/store.db");
        services.AddSingleton<IStore>(provider => new SqliteStore(path, provider.GetRequiredService<TimeProvider>()));
    }
}
