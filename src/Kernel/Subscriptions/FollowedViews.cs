using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Reads the views of followed projections, never older than what the caller knows: waits for the subscription where it must, and refuses rather than answer older.</summary>
public sealed class FollowedViews(Shards shards, FollowedCatalog catalog, EventCatalog events, StoredJson json, CommitScope scope, TimeProvider clock)
{
    /// <summary>How long a read may be late for the sake of being new enough.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    /// <summary>Finds the views of a key, one of each shard that has one.</summary>
    /// <exception cref="NotCaughtUpException">They are not as new as the caller demands, and did not become so in time.</exception>
    public Task<IReadOnlyList<TView>> FindAsync<TView>(string projection, string key, CancellationToken cancellationToken)
        where TView : class => ReadAsync<TView>(
            projection,
            async (store, kind) => await store.FindAsync(kind, key, cancellationToken) is { } found ? [json.Read<TView>(found.Body)] : [],
            cancellationToken);

    /// <summary>Finds a page of views of each shard, with their keys. Shards count for themselves: the same key may come from several.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="query">Its kind is overlooked.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NotCaughtUpException">As above.</exception>
    public Task<IReadOnlyList<(string Key, TView View)>> QueryAsync<TView>(string projection, DocumentQuery query, CancellationToken cancellationToken)
        where TView : class => ReadAsync<(string, TView)>(
            projection,
            async (store, kind) => [.. (await store.QueryAsync(query with { Kind = kind }, cancellationToken)).Select(d => (d.Id, json.Read<TView>(d.Body)))],
            cancellationToken);

    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        string name, Func<IStore, string, Task<IReadOnlyList<T>>> read, CancellationToken cancellationToken)
    {
        var projection = catalog.Find(name) ?? throw new ArgumentException($"There is no followed projection {name}.", nameof(name));
        IReadOnlyCollection<string> types = [.. projection.Events.SelectMany(events.EveryNameOf)];
        var start = clock.GetTimestamp();
        var all = new List<T>();
        foreach (var shard in shards.All)
        {
            var views = await CaughtUpAsync(shard, projection, types, start, cancellationToken);
            all.AddRange(await read(shard.Store, ViewGeneration.KindOf(name, views.Number)));
        }

        return all;
    }

    // Read before the views themselves, which are then at least as new; replaced views stay for longer than this read may take.
    private async Task<ViewGeneration> CaughtUpAsync(
        Shard shard, FollowedProjection projection, IReadOnlyCollection<string> types, long start, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = shard.Changed.Next;
            var (state, _) = await ProjectionLease.ReadAsync(shard.Store, projection, json, cancellationToken);

            // What is not among its events cannot make a view older, however far the log went on.
            var missed = (await shard.Store.ReadLogAsync(state.Live.Position, 1, types, cancellationToken)).Events.SingleOrDefault();
            if (missed is null || missed.Position > scope.DemandOf(shard.Index))
            {
                scope.ReadDataOf(missed is null ? TimeSpan.Zero : clock.GetUtcNow() - missed.At);
                return state.Live;
            }

            var left = LongestWait - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                throw new NotCaughtUpException(projection.Name);
            }

            // The subscription's commit wakes us; so does every other one, and then we look again.
            await Signal.WaitAsync(next, left, clock, cancellationToken);
        }
    }
}

/// <summary>Followed views are older than what the caller knows.</summary>
public sealed class NotCaughtUpException(string projection) : Exception($"{projection} has not caught up.");
