using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Messaging;

/// <summary>Runs the feed of every shard, where one is configured.</summary>
internal sealed class Feeds(
    IEnumerable<IFeed> configured, FeedCatalog catalog, Shards shards, IServiceScopeFactory scopes, Node node, StoredJson json,
    Heartbeats heartbeats,
    TimeProvider clock, ILogger<Feeds> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var context = new SubscriptionContext(scopes, node, json, heartbeats, clock, log);
        return Task.WhenAll(
            from feed in configured
            from shard in shards.All
            select Task.Run(() => new FeedSubscription(catalog, feed, shard, context).RunAsync(stoppingToken), CancellationToken.None));
    }
}
