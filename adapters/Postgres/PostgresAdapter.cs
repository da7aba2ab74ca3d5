using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Postgres;

/// <summary>A PostgreSQL database: the store of any number of nodes. <c>postgres://app@db1/monolith</c>.</summary>
public sealed class PostgresAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["postgres"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings => [new(Port.Store.Name, PostgresSettings.Keys, Register)];

    private static void Register(IServiceCollection services, AdapterUrl url)
    {
        var settings = PostgresSettings.Read(url);
        services.AddSingleton<IStore>(provider => new PostgresStore(
            settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PostgresStore>>()));
    }
}
