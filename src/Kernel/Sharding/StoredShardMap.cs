using System.Globalization;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>The map that was agreed on at the first start. Every store keeps a copy, and knows which of the shards it is.</summary>
/// <remarks>
/// So a deployment finds its data again whatever becomes of its configuration: stores that are missing, doubled or taken from another
/// deployment are refused before anything is routed to them, an empty one joins, and what they are called does not matter.
/// </remarks>
public sealed class StoredShardMap(StoreNames names, StoredJson json, TimeProvider clock) : IShardMap
{
    private volatile Loaded? _loaded;

    /// <inheritdoc />
    public ShardSpread Current => Known.Spread;

    private Loaded Known => _loaded ?? throw new InvalidOperationException("The shard map is not loaded yet.");

    /// <inheritdoc />
    /// <remarks>Any number of nodes may start at once: one map wins.</remarks>
    public async ValueTask<IReadOnlyList<int>> OpenAsync(IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken)
    {
        while (true)
        {
            await RefuseMovedAsync(stores, cancellationToken);

            // Before the copies are read: where a map is missing and nothing was stored, no other node had begun to route when this was
            // asked.
            var areUsed = await Task.WhenAll(stores.Select(s => IsUsedAsync(s, cancellationToken)));
            var copies = await Task.WhenAll(stores.Select(s => FindAsync(s, cancellationToken)));
            await RefuseFormerAsync(stores, areUsed, copies, cancellationToken);
            if (RollCall.FirstOf(names.All, copies) is not { } first)
            {
                RefuseToWrite(mayWrite);
                var map = ShardMap.First(Id.New(clock, Bucket.Here), names.All);
                await WriteAsync(stores[0], new StoredMap(map, 1), here: 0, former: 0, cancellationToken);
            }
            // after the copies, so that it lists whatever they say they are
            else if (await FindAsync(stores[first], cancellationToken) is { } stored)
            {
                var roll = new RollCall(names.All, copies, isUnused: areUsed.All(isUsed => !isUsed), stored.Map);
                if (await SettleAsync(stores, roll, stored, copies, first, mayWrite, cancellationToken))
                {
                    _loaded = new Loaded(stores[first], roll.Map.Spread(), stored.Version);
                    return roll.Numbers;
                }
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        var known = Known;
        while (await FindAsync(known.First, cancellationToken) is { } stored && stored.Version > known.Version)
        {
            // Of two that read at once the one that read less must not have the last word.
            var loaded = new Loaded(known.First, stored.Map.Spread(), stored.Version);
            if (Interlocked.CompareExchange(ref _loaded, loaded, known) == known)
            {
                return;
            }

            known = Known;
        }
    }

    /// <returns>False when another node was faster with something: look again.</returns>
    private async Task<bool> SettleAsync(
        IReadOnlyList<IStore> stores, RollCall roll, StoredMap stored, StoredMap?[] copies, int first, bool mayWrite,
        CancellationToken cancellationToken)
    {
        // Shard 0 first: its writer decides.
        if (!ReferenceEquals(roll.Map, stored.Map) && mayWrite)
        {
            stored = new StoredMap(roll.Map, stored.Version + 1);
            if (!await WriteAsync(stores[first], stored, here: 0, stored.Version - 1, cancellationToken))
            {
                return false;
            }
        }

        for (var i = 0; i < stores.Count; i++)
        {
            var former = copies[i]?.Version ?? 0;
            if (i == first || former >= stored.Version)
            {
                continue;
            }

            if (former == 0)
            {
                RefuseToWrite(mayWrite);
            }

            if (mayWrite && !await WriteAsync(stores[i], stored, roll.Numbers[i], former, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private static void RefuseToWrite(bool mayWrite)
    {
        if (!mayWrite)
        {
            throw new ShardMapException("not every store is part of the deployment yet; start the server first");
        }
    }

    private async Task RefuseMovedAsync(IReadOnlyList<IStore> stores, CancellationToken cancellationToken)
    {
        for (var i = 0; i < stores.Count; i++)
        {
            if (await stores[i].FindAsync(MoveMark.Kind, MoveMark.Incoming, cancellationToken) is not null)
            {
                throw new ShardMapException(
                    $"the move into {names.All[i]} is not complete; go on with ./run move, from the store that it comes from");
            }

            if (await stores[i].FindAsync(MoveMark.Kind, MoveMark.Gone, cancellationToken) is { } gone)
            {
                var mark = json.Read<MoveMark>(gone.Body);
                throw new ShardMapException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{names.All[i]} was moved to {mark.To} at {mark.At:yyyy-MM-ddTHH:mm:ssZ}; configure that instead"));
            }
        }
    }

    // Ids of before hold random bits where newer ones tell whose they are, and stores of before are called by their names instead of
    // numbers.
    private async Task RefuseFormerAsync(
        IReadOnlyList<IStore> stores, bool[] areUsed, StoredMap?[] copies, CancellationToken cancellationToken)
    {
        for (var i = 0; i < stores.Count; i++)
        {
            if (copies[i] is null
                && (areUsed[i] || await stores[i].FindAsync(ShardMap.FormerKind, ShardMap.Id, cancellationToken) is not null))
            {
                throw new ShardMapException(
                    $"{names.All[i]} was made by a version before 0.1.0 and cannot be read; configure an empty place");
            }
        }
    }

    private static async Task<bool> IsUsedAsync(IStore store, CancellationToken cancellationToken) =>
        (await store.ReadLogAsync(LogStart.All, 1, types: null, cancellationToken)).Events.Count > 0;

    private async Task<bool> WriteAsync(IStore store, StoredMap stored, int here, long former, CancellationToken cancellationToken)
    {
        var copy = new DocumentWrite(
            ShardMap.Kind, ShardMap.Id, null, json.Write(stored.Map with { Here = here }), stored.Version) { ExpectedVersion = former };
        var commit = new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [copy] };
        return (await store.CommitAsync([commit], cancellationToken))[0] is Committed;
    }

    private async Task<StoredMap?> FindAsync(IStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(ShardMap.Kind, ShardMap.Id, cancellationToken) is { } found
            ? new StoredMap(json.Read<ShardMap>(found.Body), found.Version)
            : null;

    private sealed record Loaded(IStore First, ShardSpread Spread, long Version);
}
