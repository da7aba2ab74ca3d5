namespace Monolith.Operations.Deployments;

/// <summary>
/// What operations need of the host: its configuration, and the deployment that it describes, put together as for serving.
/// </summary>
internal interface IDeploymentFactory
{
    /// <summary>Every module that is compiled in.</summary>
    IReadOnlyList<IModule> Modules { get; }

    /// <summary>Every adapter that is compiled in.</summary>
    IReadOnlyList<IAdapter> Adapters { get; }

    /// <summary>Reads the configuration as the server does.</summary>
    /// <param name="settings">Arguments that override it.</param>
    IConfiguration ReadConfiguration(IReadOnlyList<string> settings);

    /// <summary>Puts the deployment together and opens nothing.</summary>
    /// <param name="settings">Arguments that override the configuration.</param>
    /// <param name="adjust">Changes what the adapters registered; null for nothing.</param>
    /// <exception cref="ConfigurationException">Lists every fault of the configuration at once.</exception>
    WebApplication Build(IReadOnlyList<string> settings, Action<IServiceCollection, Faults>? adjust);

    /// <summary>Opens the stores, loads the deployment's secret and looks at external dependencies, before anything starts.</summary>
    Task OpenAsync(WebApplication app);
}
