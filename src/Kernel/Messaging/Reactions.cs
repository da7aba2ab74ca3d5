using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Messaging;

/// <summary>Runs every reaction of every module in every shard.</summary>
internal sealed class Reactions(
    ReactionCatalog catalog, Shards shards, IServiceScopeFactory scopes, Node node, StoredJson json, Heartbeats heartbeats,
    TimeProvider clock,
    ILogger<Reactions> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var context = new SubscriptionContext(scopes, node, json, heartbeats, clock, log);
        return Task.WhenAll(
            from reaction in catalog.All
            from shard in shards.All
            select Task.Run(() => new Subscription(reaction, shard, context).RunAsync(stoppingToken), CancellationToken.None));
    }
}
