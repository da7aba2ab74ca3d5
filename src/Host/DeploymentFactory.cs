using Monolith.Operations.Deployments;

namespace Monolith.Host;

/// <summary>Puts the configured deployment together for operations.</summary>
internal sealed class DeploymentFactory : IDeploymentFactory
{
    public IReadOnlyList<IModule> Modules => Catalog.Modules;

    public IReadOnlyList<IAdapter> Adapters => Catalog.Adapters;

    public IConfiguration ReadConfiguration(IReadOnlyList<string> settings) => Application.CreateBuilder([.. settings]).Configuration;

    public WebApplication Build(IReadOnlyList<string> settings, Action<IServiceCollection, Faults>? adjust) =>
        Application.Build([.. settings], Modules, adjust);

    public Task OpenAsync(WebApplication app) => Application.OpenAsync(app);
}
