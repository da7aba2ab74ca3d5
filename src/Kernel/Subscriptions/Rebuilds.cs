using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Rebuilds followed views: requests it, cancels it, and tells where each projection stands.</summary>
public sealed partial class Rebuilds(
    FollowedCatalog catalog, EventCatalog events, Shards shards, IServiceScopeFactory scopes, Node node, StoredJson json,
    Heartbeats heartbeats,
    TimeProvider clock, ILogger<Rebuilds> log)
{
    // The node that runs the projection writes too; losing against it this often in a row does not happen by chance.
    private const int MaxTries = 20;

    /// <summary>
    /// Asks the node that runs a projection to rebuild its views from the beginning of the log, while the present ones go on being read.
    /// </summary>
    /// <remarks>What is being built already goes on. It is as durable as any write, and goes on after a restart.</remarks>
    /// <param name="projection">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False when there is no such projection.</returns>
    public Task<bool> StartAsync(string projection, CancellationToken cancellationToken) => ChangeAsync(
        projection, (state, version) => state.Next is null ? state.Begin(version) : state, cancellationToken);

    /// <summary>Abandons what is being built; the live views stay.</summary>
    /// <returns>False when there is no such projection.</returns>
    public Task<bool> CancelAsync(string projection, CancellationToken cancellationToken) =>
        ChangeAsync(projection, (state, _) => state.Abandon(), cancellationToken);

    /// <summary>Tells where each projection stands in each shard.</summary>
    public async Task<IReadOnlyList<FollowedStanding>> StandingsAsync(CancellationToken cancellationToken)
    {
        var standings = new List<FollowedStanding>();
        foreach (var shard in shards.All)
        {
            var head = await shard.Store.HeadAsync(cancellationToken);
            foreach (var projection in catalog.All)
            {
                var (state, _) = await ProjectionLease.ReadAsync(shard.Store, projection, json, cancellationToken);
                standings.Add(new FollowedStanding(
                    projection.Name, shard.Number, state.Live.Version, state.Live.Position, state.Next?.Version, state.Next?.Position, head,
                    state.LastSwitch));
            }
        }

        return standings;
    }

    /// <summary>
    /// Brings a projection to the head of the log here and now, building first what was asked for: for a process that does not serve.
    /// </summary>
    /// <param name="projection">Its name.</param>
    /// <param name="moved">Told how far it came, by position in the log of the shard at hand.</param>
    /// <param name="cancellationToken">Cancels the call; the next run continues from here.</param>
    /// <exception cref="ArgumentException">There is no such projection.</exception>
    /// <exception cref="TimeoutException">Another node runs it.</exception>
    public async Task RunAsync(string projection, Action<long> moved, CancellationToken cancellationToken)
    {
        var found = catalog.Find(projection)
            ?? throw new ArgumentException($"There is no followed projection {projection}.", nameof(projection));
        var context = new SubscriptionContext(scopes, node, json, heartbeats, clock, log);
        foreach (var shard in shards.All)
        {
            await new ProjectionSubscription(found, shard, context, events).RunToEndAsync(moved, cancellationToken);
        }
    }

    private async Task<bool> ChangeAsync(string name, Func<FollowedState, int, FollowedState> change, CancellationToken cancellationToken)
    {
        if (catalog.Find(name) is not { } projection)
        {
            return false;
        }

        foreach (var shard in shards.All)
        {
            await ChangeAsync(shard, projection, state => change(state, projection.Version), cancellationToken);
        }

        return true;
    }

    private async Task ChangeAsync(
        Shard shard, FollowedProjection projection, Func<FollowedState, FollowedState> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (state, version) = await ProjectionLease.ReadAsync(shard.Store, projection, json, cancellationToken);
            if (change(state) is var wanted && wanted == state)
            {
                return;
            }

            if (
                await LeaseTerm.CommitAsync(
                    shard, ProjectionLease.Write(projection, wanted, version, json), [], clock, cancellationToken) is not { } conflict)
            {
                LogChanged(projection.Name, shard.Number, wanted.Next is not null);
                return;
            }

            if (tries == MaxTries)
            {
                throw new ConflictException(conflict);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Followed views {Projection} of shard {Shard} are to be rebuilt: {IsWanted}")]
    private partial void LogChanged(string projection, int shard, bool isWanted);
}

/// <summary>Where a followed projection stands in a shard.</summary>
/// <param name="Projection">Its name.</param>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Version">Of the live views.</param>
/// <param name="Position">Everything up to here is in the live views; stored now and then where nothing changes.</param>
/// <param name="NextVersion">Of the views that are being built; null when none are.</param>
/// <param name="NextPosition">How far those are.</param>
/// <param name="Head">Position of the last event of the shard.</param>
/// <param name="LastSwitch">How the live views came to be; null for the first ones.</param>
public sealed record FollowedStanding(
    string Projection, int Shard, int Version, long Position, int? NextVersion, long? NextPosition, long Head, ViewSwitch? LastSwitch);
