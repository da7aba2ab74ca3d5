using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Adapters.Edge;

namespace Monolith.Adapters.Tests.Edge;

/// <summary>An edge put together as the host does it, from its URL.</summary>
internal sealed class StartedEdge : IAsyncDisposable
{
    private static readonly IAdapter[] _adapters = [new VarnishAdapter(), new PurgeApiAdapter()];

    private readonly ServiceProvider _services;

    private StartedEdge(ServiceProvider services) => _services = services;

    public IEdge Edge => _services.GetRequiredService<IEdge>();

    /// <summary>What is wrong with it, as health says it.</summary>
    public string? Fault => _services.GetRequiredService<IExternalDependency>().Fault;

    /// <summary>Whether it is looked at.</summary>
    public Heartbeat Pulse => _services.GetRequiredService<Heartbeats>().All.Single();

    public static async Task<StartedEdge> StartAsync(string url, TimeProvider? clock = null)
    {
        var (services, faults) = Read(url, clock ?? TimeProvider.System);
        Assert.Empty(faults);
        var edge = new StartedEdge(services.BuildServiceProvider());
        foreach (var hosted in edge._services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        return edge;
    }

    /// <summary>What is wrong with a URL.</summary>
    public static IReadOnlyList<string> FaultsOf(string url) => Read(url, TimeProvider.System).Faults;

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }

    private static (ServiceCollection Services, IReadOnlyList<string> Faults) Read(string text, TimeProvider clock)
    {
        var faults = new Faults();
        var services = new ServiceCollection();
        services.AddSingleton(clock).AddMetrics().AddLogging().AddSingleton<Heartbeats>();
        var url = AdapterUrl.Parse("Adapters:Edge", text, faults)!; // It has a scheme.
        var binding = _adapters.BindingOf(Port.Edge, url.Scheme)!;
        Assert.Equal(Port.Edge.Name, binding.Port);
        foreach (var key in url.Keys.Except(binding.Keys))
        {
            faults.AddUnknown("Adapters:Edge", "key", key, binding.Keys);
        }

        binding.Register(services, url);
        return (services, faults.Lines);
    }
}
