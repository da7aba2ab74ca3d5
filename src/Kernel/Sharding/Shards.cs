using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>One store with what stands in front of it.</summary>
public sealed class Shard : IAsyncDisposable
{
    private readonly GroupCommit _groupCommit;
    private readonly LogTail _tail;
    private long _lastPosition;

    internal Shard(int index, IStore store)
    {
        (Index, Store) = (index, store);
        _groupCommit = new GroupCommit(store, Stored);
        _tail = new LogTail(this);
        if (store is IWatchedStore watched)
        {
            watched.Changed = Stored;
        }
    }

    /// <summary>Its place in the configuration, from 0.</summary>
    public int Index { get; }

    /// <summary>For reading; commits go through <see cref="CommitAsync"/>.</summary>
    public IStore Store { get; }

    /// <summary>Raised when anything was stored, a message for example: what workers wait for.</summary>
    public Signal Changed { get; } = new();

    /// <summary>Raised when events were stored, or may have been: what subscriptions wait for.</summary>
    public Signal Appended { get; } = new();

    /// <summary>How far the log is, as far as this process has seen or heard. The log itself may be further.</summary>
    public long LastPosition => Interlocked.Read(ref _lastPosition);

    /// <summary>Takes messages that were just stored; null when nobody does.</summary>
    public IMessageDispatcher? Dispatcher { get; set; }

    /// <summary>Stores a commit, grouped with others.</summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be stored, and it may be stored.</exception>
    public ValueTask<CommitOutcome> CommitAsync(Commit commit, CancellationToken cancellationToken) =>
        Dispatcher is { } carrier && commit.Messages.OfType<SendMessage>().Any()
            ? CommitAndDispatchAsync(commit, carrier, cancellationToken)
            : _groupCommit.CommitAsync(commit, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _groupCommit.DisposeAsync();

    private async ValueTask<CommitOutcome> CommitAndDispatchAsync(Commit commit, IMessageDispatcher carrier, CancellationToken cancellationToken)
    {
        var reserved = new List<ReservedMessage>();
        var messages = commit.Messages.Select(Offer).ToList();
        var isStored = false;
        try
        {
            var outcome = await _groupCommit.CommitAsync(reserved.Count == 0 ? commit : commit with { Messages = messages }, cancellationToken);
            isStored = outcome is Committed;
            return outcome;
        }
        finally
        {
            if (reserved.Count > 0)
            {
                carrier.Dispatch(reserved, isStored);
            }
        }

        MessageWrite Offer(MessageWrite write)
        {
            if (write is not SendMessage message || carrier.ReserveUntil(message) is not { } until)
            {
                return write;
            }

            reserved.Add(new ReservedMessage(message.Id, message.Kind, message.Bucket, message.Lane, message.Body, Token: 0));
            return message with { Due = until };
        }
    }

    /// <summary>Reads a page of the log as the store does, for those who follow it: near its head all of them together cause one read of the store.</summary>
    internal ValueTask<LogPage> ReadLogAsync(long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) =>
        _tail.ReadAsync(afterPosition, limit, types, cancellationToken);

    internal void Stored(long position)
    {
        // The group commit's loop and what the store hears of other processes may come at once; it never goes back.
        var last = LastPosition;
        while (last < position && Interlocked.CompareExchange(ref _lastPosition, position, last) is var present && present != last)
        {
            last = present;
        }

        if (position == 0)
        {
            _tail.Doubt();
        }

        // Most commits hold no event, those of subscriptions themselves for example; these wake no subscription. Position 0 says nothing.
        if (last < position || position == 0)
        {
            Appended.Raise();
        }

        Changed.Raise();
    }
}

/// <summary>Where a commit goes, and by which map.</summary>
/// <param name="Shard">Holds its bucket, as far as the map knows.</param>
/// <param name="Epoch">Of that map: the store refuses the commit when it knows better.</param>
public readonly record struct Route(Shard Shard, long Epoch);

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

    /// <summary>The epoch of the map as it is now. A commit carries that of its <see cref="Route"/>.</summary>
    public long Epoch => _map.Epoch;

    /// <summary>Finds the shard of a bucket: for reading; what is written goes by <see cref="RouteOf"/>.</summary>
    public Shard Of(Bucket bucket) => RouteOf(bucket).Shard;

    /// <summary>Finds the way of a commit: shard and epoch of one and the same map.</summary>
    /// <param name="bucket">Where it lies; <see cref="Bucket.Here"/> without a shard of its own lies in the first one.</param>
    public Route RouteOf(Bucket bucket)
    {
        if (bucket.IsHere)
        {
            return new Route(First, Epoch);
        }

        var (shard, epoch) = _map.RouteOf(bucket);
        return new Route(All[shard], epoch);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in All)
        {
            await shard.DisposeAsync();
        }
    }
}
