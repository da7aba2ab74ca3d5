using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Edge;

/// <summary>
/// One or more Varnish with <c>deploy/varnish.vcl</c>:
/// <c>varnish://cache1:6081,cache2:6081?password-file=/run/secrets/purge&amp;url=https://cdn.example.com</c>.
/// </summary>
public sealed class VarnishAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["varnish"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Edge.Name, [.. EdgeSettings.Keys, .. PasswordSource.Keys], AddEdge)];

    private static void AddEdge(IServiceCollection services, AdapterUrl url)
    {
        var hosts = url.Hosts(6081, "varnish://cache:6081?password-file=/run/secrets/purge");
        var secret = PasswordSource.Of(url);
        if (!secret.IsGiven)
        {
            url.Faults.Add(
                url.Setting, "gives no secret; Varnish takes purges from those who know it: add \"password-file\" or \"password-env\"");
        }

        if (url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, "has a path; a purge is told by keys and needs none");
        }

        var settings = EdgeSettings.Read(url, url.Authority);
        EdgeServices.Add(
            services, settings, provider => new VarnishPurge(hosts, secret, settings.Timeout, provider.GetRequiredService<EdgeClient>()));
    }
}

/// <summary>
/// A CDN that is told to forget by an HTTP API:
/// <c>purge+https://api.example.com/purge?header=Surrogate-Key&amp;password-file=/run/secrets/purge&amp;url=https://cdn.example.com</c>;
/// <c>purge+http</c> for an API inside one's own network.
/// </summary>
public sealed class PurgeApiAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["purge+https", "purge+http"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Edge.Name, PurgeApiSettings.Keys, EdgeServices.AddApi)];
}

/// <summary>Registers what every edge has.</summary>
internal static class EdgeServices
{
    public static void AddApi(IServiceCollection services, AdapterUrl url)
    {
        var api = PurgeApiSettings.Read(url);
        Add(services, EdgeSettings.Read(url, url.Authority), provider => new PurgeApi(api, provider.GetRequiredService<EdgeClient>()));
    }

    public static void Add(IServiceCollection services, EdgeSettings settings, Func<IServiceProvider, IPurge> purge)
    {
        services.AddSingleton(provider => new EdgeClient(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(purge);
        services.AddSingleton(provider => new EdgeHealth(
            settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<EdgeHealth>>()));
        services.AddSingleton(provider => new PurgeLine(
            provider.GetRequiredService<IPurge>(), settings.Name, provider.GetRequiredService<EdgeHealth>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IEdge>(
            provider => new CachingEdge(settings, provider.GetRequiredService<EdgeHealth>(), provider.GetRequiredService<PurgeLine>()));
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<EdgeHealth>());
        services.AddHostedService(provider => new EdgeProbe(
            settings, provider.GetRequiredService<IPurge>(), provider.GetRequiredService<EdgeHealth>(),
            provider.GetRequiredService<EdgeClient>(),
            provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<TimeProvider>()));
    }
}
