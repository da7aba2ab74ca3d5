using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Adapters.Marten.Reports;
using Monolith.Adapters.Postgres;

namespace Monolith.Adapters.Marten;

/// <summary>
/// A PostgreSQL database whose events are in Marten's tables: <c>marten://app@db1/monolith</c>. Reports beside one of <c>postgres://</c>:
/// <c>marten:</c>.
/// </summary>
/// <remarks>Nothing of Marten is named here, so that a process which is not configured for it loads nothing of it.</remarks>
public sealed class MartenAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["marten"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings =>
    [
        new(Port.Store.Name, PostgresSettings.Keys, AddStore),
        new(Port.Reports.Name, ReportSettings.Keys, ReportServices.Add) { Beside = ["postgres"] },
    ];

    private static void AddStore(IServiceCollection services, AdapterUrl url)
    {
        var settings = PostgresSettings.Read(url);
        services.AddSingleton<IStore>(provider => new MartenStore(
            settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<MartenStore>>()));
    }
}
