using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Runs every followed projection of every module in every shard.</summary>
internal sealed class FollowedProjections(
    FollowedCatalog catalog, EventCatalog events, Shards shards, IServiceScopeFactory scopes, Node node, StoredJson json,
    Heartbeats heartbeats,
    TimeProvider clock, ILogger<FollowedProjections> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var context = new SubscriptionContext(scopes, node, json, heartbeats, clock, log);
        return Task.WhenAll(
            from projection in catalog.All
            from shard in shards.All
            select Task.Run(
                () => new ProjectionSubscription(projection, shard, context, events).RunAsync(stoppingToken), CancellationToken.None));
    }
}

/// <summary>Knows every followed projection.</summary>
public sealed class FollowedCatalog
{
    private readonly Dictionary<string, FollowedProjection> _byName = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">Two have the same name.</exception>
    public FollowedCatalog(IEnumerable<FollowedProjection> projections)
    {
        foreach (var projection in projections)
        {
            if (!_byName.TryAdd(projection.Name, projection))
            {
                throw new InvalidOperationException(
                    $"{projection.GetType()} has the name {projection.Name} of another followed projection.");
            }
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<FollowedProjection> All => _byName.Values;

    /// <summary>Finds one by its name; null when there is none.</summary>
    public FollowedProjection? Find(string name) => _byName.GetValueOrDefault(name);
}
