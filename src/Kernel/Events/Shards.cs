using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>One store with what stands in front of it.</summary>
public sealed class Shard : IAsyncDisposable
{
    private readonly Coalescer _coalescer;
    private long _lastPosition;

    internal Shard(int index, IStore store)
    {
        (Index, Store) = (index, store);
        _coalescer = new Coalescer(store, Stored);
        if (store is IWatchedStore watched)
        {
            watched.Changed = Stored;
        }
    }

    /// <summary>Its place in the configuration, from 0.</summary>
    public int Index { get; }

    /// <summary>For reading; commits go through <see cref="CommitAsync"/>.</summary>
    public IStore Store { get; }

    /// <summary>Raised when something was stored: what followers and workers wait for.</summary>
    public Signal Changed { get; } = new();

    /// <summary>How far the log is, as far as this process has seen or heard. The log itself may be further.</summary>
    public long LastPosition => Interlocked.Read(ref _lastPosition);

    /// <summary>Stores a commit, grouped with others.</summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be stored, and it may be stored.</exception>
    public ValueTask<CommitOutcome> CommitAsync(Commit commit, CancellationToken cancellationToken) => _coalescer.CommitAsync(commit, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _coalescer.DisposeAsync();

    internal void Stored(long position)
    {
        // The coalescer's loop and what the store hears of other processes may come at once; it never goes back.
        for (var last = LastPosition; last < position;)
        {
            last = Interlocked.CompareExchange(ref _lastPosition, position, last);
        }

        Changed.Raise();
    }
}

/// <summary>All shards of the deployment.</summary>
public sealed class Shards : IAsyncDisposable
{
    private readonly IShardMap _map;

    /// <param name="map">Says which shard holds a bucket.</param>
    /// <param name="stores">In the order of the configuration.</param>
    public Shards(IShardMap map, IEnumerable<IStore> stores)
    {
        _map = map;
        All = [.. stores.Select((store, index) => new Shard(index, store))];
    }

    /// <summary>Opens every store: makes its schema where it is missing, then loads the map. Called once, before anything else.</summary>
    /// <exception cref="ShardMapException">The stores are not those that the map was made for.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in All)
        {
            await shard.Store.OpenAsync(cancellationToken);
            shard.Stored(await shard.Store.HeadAsync(cancellationToken));
        }

        await _map.OpenAsync([.. All.Select(s => s.Store)], cancellationToken);
    }

    /// <summary>Every shard, by its index.</summary>
    public IReadOnlyList<Shard> All { get; }

    /// <summary>The shard that holds what belongs to the deployment as a whole, its secret for example.</summary>
    public Shard First => All[0];

    /// <summary>The epoch to put into commits that are routed now.</summary>
    public long Epoch => _map.Epoch;

    /// <summary>Finds the shard of a bucket.</summary>
    public Shard Of(Bucket bucket) => All[_map.ShardOf(bucket)];

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in All)
        {
            await shard.DisposeAsync();
        }
    }
}
