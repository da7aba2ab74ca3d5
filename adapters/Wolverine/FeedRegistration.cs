using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.Wolverine;

/// <summary>Registers a feed over a broker. Wolverine itself is loaded when the first session begins.</summary>
internal static class FeedRegistration
{
    public static void AddFeedOver(this IServiceCollection services, IFeedBroker broker)
    {
        services.AddSingleton(provider => new WolverineFeed(
            broker, provider.GetRequiredService<Roles>(), provider.GetRequiredService<Heartbeats>(),
            provider.GetRequiredService<ILogger<WolverineFeed>>()));
        services.AddSingleton<IFeed>(provider => provider.GetRequiredService<WolverineFeed>());
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<WolverineFeed>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<WolverineFeed>());
    }
}
