using Microsoft.Extensions.DependencyInjection;
using Monolith.Adapters.RabbitMq;

namespace Monolith.Adapters.Wolverine;

/// <summary>
/// RabbitMQ brings announcements to other systems, by the transport of Wolverine. <c>amqp://app@mq</c>, and <c>amqps://</c> over TLS.
/// </summary>
public sealed class RabbitFeedAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["amqp", RabbitServers.TlsScheme];

    // Named by its method alone, so that Wolverine is not loaded before it is chosen.
    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Feed.Name, RabbitFeedSettings.Keys, AddFeed)];

    private static void AddFeed(IServiceCollection services, AdapterUrl url)
    {
        var settings = RabbitFeedSettings.Read(url);
        services.AddFeedOver(new RabbitBroker(settings));
    }
}
