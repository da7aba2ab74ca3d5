using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Adapters.Wolverine;

namespace Monolith.Adapters.Tests.Wolverine;

/// <summary>A feed as the host registers it, without a watch of its own: a test says what is sent and when.</summary>
internal sealed class StartedFeed : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public StartedFeed(IAdapter adapter, string url)
    {
        var (services, faults) = (new ServiceCollection(), new Faults());
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Heartbeats>();
        services.AddSingleton(Roles.Read(new ConfigurationBuilder().Build(), faults));
        var binding = Assert.Single(adapter.Bindings, b => b.Port == Port.Feed.Name);
        binding.Register(services, AdapterUrl.Parse("Adapters:Feed", url, faults)!); // Null only without a scheme.
        Assert.Empty(faults.Lines);
        _services = services.BuildServiceProvider();
    }

    public IFeed Feed => _services.GetRequiredService<IFeed>();

    /// <summary>What health says of it.</summary>
    public string? Fault => Assert.Single(_services.GetServices<IExternalDependency>()).Fault;

    /// <summary>Lets it look at the broker by itself from now on.</summary>
    public Task WatchAsync() => Assert.Single(_services.GetServices<IHostedService>()).StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _services.GetRequiredService<WolverineFeed>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }
}
