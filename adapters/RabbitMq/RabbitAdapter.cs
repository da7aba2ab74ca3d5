using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.RabbitMq;

/// <summary>
/// RabbitMQ carries messages from the stores, which stay the record, to the workers. <c>amqp://app@mq</c>, and <c>amqps://</c> over TLS.
/// </summary>
public sealed class RabbitAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["amqp", RabbitSettings.TlsScheme];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } =
        [new(Port.Queue.Name, RabbitSettings.Keys, AddQueue) { Decorates = Port.Queue.Default }];

    private static void AddQueue(IServiceCollection services, AdapterUrl url)
    {
        var settings = RabbitSettings.Read(url);
        var registered = services.Last(service => service.ServiceType == typeof(IQueue)); // PortBinding.Decorates
        services.Remove(registered);
        services.AddSingleton(provider => new RabbitMeters(provider.GetRequiredService<IMeterFactory>().Create(RabbitMeters.Name)));
        services.AddSingleton(provider => new RabbitRelay(
            settings, provider.GetRequiredService<Shards>(), provider.GetServices<IMessageKinds>(),
            provider.GetRequiredService<RabbitMeters>(),
            provider.GetRequiredService<Heartbeats>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RabbitRelay>>()));
        services.AddSingleton(provider => new RabbitConsumer(
            settings, provider.GetRequiredService<RabbitMeters>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RabbitConsumer>>()));
        services.AddSingleton(provider => new RabbitQueue(
            (IQueue)registered.ImplementationFactory!(provider), // as every adapter registers its ports
            provider.GetRequiredService<RabbitRelay>(), provider.GetRequiredService<RabbitConsumer>(),
            provider.GetRequiredService<Shards>(),
            provider.GetRequiredService<RabbitMeters>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IQueue>(provider => provider.GetRequiredService<RabbitQueue>());
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<RabbitQueue>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RabbitRelay>());
    }
}
