using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// Reads the views of followed projections, never older than what the caller knows: waits for the subscription where it must, and refuses
/// rather than answer older.
/// </summary>
public sealed class FollowedViews(
    Shards shards, Reading reading, FollowedCatalog catalog, EventCatalog events, StoredJson json, CommitScope scope, TokenWait wait,
    TimeProvider clock)
{
    /// <summary>Finds the views of a key, one of each shard that has one.</summary>
    /// <exception cref="NotCaughtUpException">They are not as new as the caller demands, and did not become so in time.</exception>
    public Task<IReadOnlyList<TView>> FindAsync<TView>(string projection, string key, CancellationToken cancellationToken)
        where TView : class => ReadAsync<TView>(
            projection,
            async (store, kind) => await store.FindAsync(kind, key, cancellationToken) is { } found ? [json.Read<TView>(found.Body)] : [],
            cancellationToken);

    /// <summary>
    /// Finds a page of views of each shard, with their keys. Shards count for themselves: the same key may come from several.
    /// </summary>
    /// <param name="projection">Its name.</param>
    /// <param name="query">Its kind is overlooked.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NotCaughtUpException">As above.</exception>
    public Task<IReadOnlyList<(string Key, TView View)>> QueryAsync<TView>(
        string projection, DocumentQuery query, CancellationToken cancellationToken)
        where TView : class => ReadAsync<(string, TView)>(
            projection,
            async (store, kind) =>
                [.. (await store.QueryAsync(query with { Kind = kind }, cancellationToken)).Select(d => (d.Id, json.Read<TView>(d.Body)))],
            cancellationToken);

    // All shards at once: each costs three round trips, and they wait for their subscriptions within the same time.
    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        string name, Func<IReadStore, string, Task<IReadOnlyList<T>>> read, CancellationToken cancellationToken)
    {
        var projection = catalog.Find(name) ?? throw new ArgumentException($"There is no followed projection {name}.", nameof(name));
        IReadOnlyCollection<string> types = [.. projection.Events.SelectMany(events.EveryNameOf)];
        var parts = await Task.WhenAll(shards.All.Select(async shard =>
        {
            var store = await reading.OfAsync(shard, cancellationToken);
            var (views, age) = await CaughtUpAsync(shard, store, projection, types, cancellationToken);
            return (Found: await read(store, ViewGeneration.KindOf(name, views.Number)), Age: age);
        }));
        foreach (var (_, age) in parts)
        {
            scope.ReadDataOf(age);
        }

        return [.. parts.SelectMany(p => p.Found)];
    }

    // Read before the views themselves, which are then at least as new; replaced views stay for longer than this read may take.
    private async Task<(ViewGeneration Views, TimeSpan Age)> CaughtUpAsync(
        Shard shard, IReadStore store, FollowedProjection projection, IReadOnlyCollection<string> types,
        CancellationToken cancellationToken)
    {
        ViewGeneration? views = null;
        var age = TimeSpan.Zero;

        // The subscription's commit wakes us; so does every other one, and then we look again.
        var isMet = await wait.UntilAsync(shard.Changed, IsNewEnoughAsync, cancellationToken);
        return isMet && views is not null ? (views, age) : throw new NotCaughtUpException(projection.Name);

        async Task<bool> IsNewEnoughAsync()
        {
            var (state, _) = await ProjectionLease.ReadAsync(store, projection, json, cancellationToken);

            // What is not among its events cannot make a view older, however far the log went on.
            var missed = (await store.ReadLogAsync(state.Live.Position, 1, types, cancellationToken)).Events.SingleOrDefault();
            (views, age) = (state.Live, missed is null ? TimeSpan.Zero : clock.GetUtcNow() - missed.At);
            return missed is null || missed.Position > reading.DemandOf(shard);
        }
    }
}

/// <summary>Followed views are older than what the caller knows.</summary>
public sealed class NotCaughtUpException(string projection) : Exception($"{projection} has not caught up.");
