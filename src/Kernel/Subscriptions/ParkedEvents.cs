using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Lists the events that subscriptions parked, and lets them be handled again.</summary>
public sealed class ParkedEvents
{
    private readonly Dictionary<string, SubscriptionDefinition> _definitions;
    private readonly FollowedCatalog _projections;
    private readonly Shards _shards;
    private readonly StoredJson _json;
    private readonly IServiceScopeFactory _scopes;
    private readonly TimeProvider _clock;

    internal ParkedEvents(
        SubscriptionDefinitions followings, FollowedCatalog projections, Shards shards, StoredJson json, IServiceScopeFactory scopes,
        TimeProvider clock)
    {
        _definitions = followings.All.ToDictionary(f => f.Name, StringComparer.Ordinal);
        (_projections, _shards, _json, _scopes, _clock) = (projections, shards, json, scopes, clock);
    }

    /// <summary>Names of everything that can park an event.</summary>
    public IEnumerable<string> Subscriptions => _definitions.Keys.Concat(_projections.All.Select(p => p.Name));

    /// <summary>Lists what is parked, by subscription; at most so many of each shard.</summary>
    public async Task<IReadOnlyList<(int Shard, ParkedEvent Parked)>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        var all = new List<(int, ParkedEvent)>();
        foreach (var shard in _shards.All)
        {
            var documents = await shard.Store.QueryAsync(new DocumentQuery(ParkedEvent.DocumentKind, limit), cancellationToken);
            all.AddRange(documents.Select(d => (shard.Number, _json.Read<ParkedEvent>(d.Body))));
        }

        return all;
    }

    /// <summary>
    /// Handles a parked event again. Its effect and the end of its being parked are one commit: it has one effect, also when others do the
    /// same.
    /// </summary>
    /// <param name="subscription">Name of a reaction. The views of a projection are corrected by a rebuild instead.</param>
    /// <param name="shard">Number of the shard.</param>
    /// <param name="position">Which event.</param>
    /// <param name="actor">Who asks, for the record; null when that is unknown.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<ReplayOutcome> ReplayAsync(
        string subscription, int shard, long position, Guid? actor, CancellationToken cancellationToken)
    {
        if (_projections.Find(subscription) is not null)
        {
            return new ReplayOutcome(Replay.NeedsRebuild, null);
        }

        if (!_definitions.TryGetValue(subscription, out var definition) || _shards.TryFind(shard) is not { } own)
        {
            return new ReplayOutcome(Replay.NotParked, null);
        }

        var store = own.Store;
        var id = ParkedEvent.IdOf(subscription, position);
        var document = await store.FindAsync(ParkedEvent.DocumentKind, id, cancellationToken);
        var stored = (await store.ReadLogAsync(position - 1, 1, null, cancellationToken)).Events.SingleOrDefault();
        if (document is null || stored?.Position != position)
        {
            return new ReplayOutcome(Replay.NotParked, null);
        }

        try
        {
            var unpark = new DocumentWrite(document.Kind, id, null, null, 0) { ExpectedVersion = document.Version };
            await HandleAsync(definition, own, stored, unpark, actor, cancellationToken);
            return new ReplayOutcome(Replay.Handled, null);
        }
        catch (ConflictException e) when (e.Conflict.What == $"{document.Kind}/{id}")
        {
            return new ReplayOutcome(Replay.NotParked, null); // Another caller was first, and had the effect.
        }
        catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException)
        {
            return await StayAsync(own, subscription, document, e, cancellationToken);
        }
    }

    private async Task HandleAsync(
        SubscriptionDefinition definition, Shard shard, StoredEvent stored, DocumentWrite unpark, Guid? actor,
        CancellationToken cancellationToken)
    {
        await using var services = _scopes.CreateAsyncScope();
        var scope = services.ServiceProvider.GetRequiredService<CommitScope>();
        (scope.Actor, scope.EventShard) = (actor, shard);
        var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
        await work.JoinAsync(async () =>
        {
            await definition.HandleAsync(stored, services.ServiceProvider, cancellationToken);
            return default(Done);
        });
        work.Write(unpark);
        await work.CommitAsync(cancellationToken);
    }

    private async Task<ReplayOutcome> StayAsync(
        Shard shard, string subscription, Document document, Exception reason, CancellationToken cancellationToken)
    {
        var parked = _json.Read<ParkedEvent>(document.Body);
        parked = parked with
        {
            Reason = Failures.ReasonOf(reason), Kind = Failures.KindOf(reason), Attempts = parked.Attempts + 1, At = _clock.GetUtcNow(),
        };
        await shard.CommitAsync(
            new Commit
            {
                Id = Id.New(_clock, Bucket.Here),
                Bucket = Bucket.Here,
                Documents = [parked.Write(subscription, document.Version + 1, _json)],
            },
            cancellationToken);
        return new ReplayOutcome(Replay.FailedAgain, parked);
    }
}

/// <summary>Every reaction, by the name that it is followed under.</summary>
internal sealed record SubscriptionDefinitions(IReadOnlyList<SubscriptionDefinition> All);

/// <summary>How a replay ended.</summary>
public enum Replay
{
    /// <summary>The event had its effect, and is parked no more.</summary>
    Handled,

    /// <summary>It failed, and stays parked with the new reason.</summary>
    FailedAgain,

    /// <summary>No such event is parked for this subscription; it may have been handled meanwhile.</summary>
    NotParked,

    /// <summary>A followed view folds its events in their order: only a rebuild corrects it.</summary>
    NeedsRebuild,
}

/// <summary>How a replay ended.</summary>
/// <param name="Replay">In a word.</param>
/// <param name="Parked">The event as it is parked now; null unless it failed again.</param>
public sealed record ReplayOutcome(Replay Replay, ParkedEvent? Parked);
