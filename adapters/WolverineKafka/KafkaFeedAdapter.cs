using Microsoft.Extensions.DependencyInjection;
using Monolith.Adapters.Wolverine;

namespace Monolith.Adapters.WolverineKafka;

/// <summary>
/// Kafka brings announcements to other systems, by the transport of Wolverine. <c>kafka://k1:9092,k2:9092?topic=monolith.feed</c>, and
/// <c>kafkas://</c> over TLS.
/// </summary>
public sealed class KafkaFeedAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["kafka", KafkaFeedSettings.TlsScheme];

    // Named by its method alone, so that neither Wolverine nor the native library of Kafka is loaded before it is chosen.
    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } = [new(Port.Feed.Name, KafkaFeedSettings.Keys, AddFeed)];

    private static void AddFeed(IServiceCollection services, AdapterUrl url)
    {
        var settings = KafkaFeedSettings.Read(url);
        services.AddFeedOver(new KafkaBroker(settings));
    }
}
