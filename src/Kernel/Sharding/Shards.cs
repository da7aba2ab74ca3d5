using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>One store with what stands in front of it.</summary>
public sealed class Shard : IAsyncDisposable
{
    private readonly GroupCommit _groupCommit;
    private readonly LogTail _tail;
    private int? _number;
    private long _lastPosition;

    internal Shard(string name, IStore store)
    {
        (Name, Store) = (name, store);
        _tail = new LogTail(this);
        _groupCommit = new GroupCommit(store, Stored);
        if (store is IWatchedStore watched)
        {
            watched.Changed = Stored;
        }
    }

    /// <summary>
    /// What names it for good, wherever it is configured: its place in the deployment's list of shards, which only grows.
    /// </summary>
    /// <exception cref="InvalidOperationException">The store was not opened yet: it says itself which shard it is.</exception>
    public int Number
    {
        get => _number ?? throw new InvalidOperationException($"Which shard {Name} is, is known once it was opened.");
        internal set => _number = value;
    }

    /// <summary>What the configuration calls it today; for those who read it.</summary>
    public string Name { get; }

    /// <summary>The number of its log, of which <see cref="LogPosition"/>s speak.</summary>
    public int Log => LogNumber.Of(Number);

    /// <summary>
    /// For reading what a decision needs; commits go through <see cref="CommitAsync"/>, and views are read by <see cref="ReaderAsync"/>.
    /// </summary>
    public IStore Store { get; }

    /// <summary>Raised when anything was stored, a message for example: what workers wait for.</summary>
    public Signal Changed { get; } = new();

    /// <summary>Raised when events were stored, or may have been: what subscriptions wait for.</summary>
    public Signal Appended { get; } = new();

    /// <summary>How far the log is, as far as this process has seen or heard. The log itself may be further.</summary>
    public LogPosition Last => new(Log, Interlocked.Read(ref _lastPosition));

    /// <summary>Takes messages that were just stored; null for none.</summary>
    public IMessageDispatcher? Dispatcher { get; set; }

    /// <summary>Stores a commit, grouped with others.</summary>
    /// <exception cref="StoreUnavailableException">Nothing is known to be stored, and it may be stored.</exception>
    public ValueTask<CommitOutcome> CommitAsync(Commit commit, CancellationToken cancellationToken) =>
        DispatcherOf(commit) is { } carrier
            ? CommitAndDispatchAsync(commit, carrier, cancellationToken)
            : _groupCommit.CommitAsync(commit, cancellationToken);

    /// <summary>Queues a commit at once: those that are queued later are stored later.</summary>
    /// <param name="commit">One with appends.</param>
    /// <param name="after">How those end, queued here before it, on which it was decided: unless all are stored, it conflicts.</param>
    /// <returns>How it ends; null where it must wait for its turn or is carried elsewhere as well: nothing was queued.</returns>
    internal Task<CommitOutcome>? TryCommit(Commit commit, IReadOnlyList<Task<CommitOutcome>> after) =>
        DispatcherOf(commit) is null ? _groupCommit.TryCommit(commit, after) : null;

    /// <summary>
    /// Finds what answers reads that may be as old as a position. One server holds a shard, and that is never behind: its store.
    /// </summary>
    /// <param name="atLeast">The position that it must have reached.</param>
    /// <param name="cancellationToken">Cancels the wait for one that has.</param>
    internal ValueTask<IReadStore> ReaderAsync(long atLeast, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<IReadStore>(cancellationToken) : new(Store);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _groupCommit.DisposeAsync();

    private IMessageDispatcher? DispatcherOf(Commit commit) => commit.Messages.OfType<SendMessage>().Any() ? Dispatcher : null;

    private async ValueTask<CommitOutcome> CommitAndDispatchAsync(
        Commit commit, IMessageDispatcher carrier, CancellationToken cancellationToken)
    {
        var reserved = new List<ReservedMessage>();
        var messages = commit.Messages.Select(Offer).ToList();
        var isStored = false;
        try
        {
            var outcome = await _groupCommit.CommitAsync(
                reserved.Count == 0 ? commit : commit with { Messages = messages }, cancellationToken);
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

    /// <summary>
    /// Reads a page of the log as the store does, for those who follow it: near its head all of them together cause one read of the store.
    /// </summary>
    /// <param name="afterPosition">As there.</param>
    /// <param name="limit">As there.</param>
    /// <param name="types">As there.</param>
    /// <param name="cancellationToken">As there.</param>
    /// <param name="isAfresh">Whether what other processes had stored until now must be in it.</param>
    internal ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken, bool isAfresh = false) =>
        _tail.ReadAsync(afterPosition, limit, types, isAfresh, cancellationToken);

    private void Stored(IReadOnlyList<Commit> commits, IReadOnlyList<CommitOutcome> outcomes)
    {
        _tail.Feed(commits, outcomes); // First: who is woken finds it there.
        Stored(outcomes.Max(o => o is Committed c ? c.Position : 0));
    }

    internal void Stored(long position)
    {
        // The group commit's loop and what the store hears of other processes may come at once; it never goes back.
        var last = Interlocked.Read(ref _lastPosition);
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
    private readonly IReadOnlyList<Shard> _configured;
    private IReadOnlyList<Shard>? _all;
    private Shard?[] _byNumber = [];

    /// <param name="map">Says which shard holds a bucket, and which store is which shard.</param>
    /// <param name="names">What the configuration calls the stores.</param>
    /// <param name="stores">In the order of their names.</param>
    public Shards(IShardMap map, StoreNames names, IEnumerable<IStore> stores) =>
        (_map, _configured) = (map, [.. stores.Zip(names.All, (store, name) => new Shard(name, store))]);

    /// <summary>Takes stores that are open already and whose numbers are known: the order in which they are given.</summary>
    internal Shards(IShardMap map, IReadOnlyList<IStore> stores)
        : this(map, new StoreNames([.. stores.Select((_, i) => $"{i}")]), stores) => Number([.. stores.Select((_, i) => i)]);

    /// <summary>
    /// Every store that is configured, in the order of the names. Known before they are opened, unlike which shard each of them is.
    /// </summary>
    public IReadOnlyList<IStore> Stores => [.. _configured.Select(s => s.Store)];

    /// <summary>Every shard that this process can reach, in the order of their numbers; these may have gaps.</summary>
    /// <exception cref="InvalidOperationException">The stores were not opened yet.</exception>
    public IReadOnlyList<Shard> All => _all ?? throw new InvalidOperationException("The stores were not opened yet.");

    /// <summary>The shard that holds what belongs to the deployment as a whole, its secret for example: number 0.</summary>
    public Shard First => All[0];

    /// <summary>The map by which this process finds the way.</summary>
    public ShardSpread Map => _map.Current;

    /// <summary>The epoch of the map as it is now. A commit carries that of its <see cref="Route"/>.</summary>
    public long Epoch => Map.Epoch;

    /// <summary>Opens every store: makes its schema where it is missing, then loads the map. Called once, before anything else.</summary>
    /// <exception cref="ShardMapException">The stores are not those that the map was made for.</exception>
    public Task OpenAsync(CancellationToken cancellationToken) =>
        OpenAsync(store => store.OpenAsync(cancellationToken), mayWrite: true, cancellationToken);

    /// <summary>Opens every store beside the process that uses it: stores in files for reading only. Nothing is written.</summary>
    /// <exception cref="ShardMapException">The stores are not those that the map was made for.</exception>
    public Task OpenForReadingAsync(CancellationToken cancellationToken) => OpenAsync(
        store => store is IFileStore file ? file.OpenForReadingAsync(cancellationToken) : store.OpenAsync(cancellationToken),
        mayWrite: false, cancellationToken);

    /// <summary>Reads the map again, for when something names what this process does not know yet.</summary>
    /// <exception cref="StoreUnavailableException">The first shard cannot be reached; what is known stays.</exception>
    public ValueTask RefreshAsync(CancellationToken cancellationToken) => _map.RefreshAsync(cancellationToken);

    /// <summary>Finds a shard by its number; null when this process does not reach it.</summary>
    public Shard? TryFind(int number) => number >= 0 && number < _byNumber.Length ? _byNumber[number] : null;

    /// <summary>Finds the shard of a bucket: for reading; what is written goes by <see cref="RouteOf"/>.</summary>
    public Shard Of(Bucket bucket) => RouteOf(bucket).Shard;

    /// <summary>Finds the way of a commit: shard and epoch of one and the same map.</summary>
    /// <param name="bucket">Where it lies; <see cref="Bucket.Here"/> without a shard of its own lies in the first one.</param>
    public Route RouteOf(Bucket bucket)
    {
        var map = Map;
        var number = bucket.IsHere ? 0 : map.ShardOf(bucket);
        return TryFind(number) is { } shard ? new Route(shard, map.Epoch)
            : throw new InvalidOperationException($"Shard {number} holds buckets and is not configured.");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in _configured)
        {
            await shard.DisposeAsync();
        }
    }

    private async Task OpenAsync(Func<IStore, ValueTask> openAsync, bool mayWrite, CancellationToken cancellationToken)
    {
        foreach (var shard in _configured)
        {
            await openAsync(shard.Store);
            shard.Stored(await shard.Store.HeadAsync(cancellationToken));
        }

        Number(await _map.OpenAsync(Stores, mayWrite, cancellationToken));
    }

    private void Number(IReadOnlyList<int> numbers)
    {
        for (var i = 0; i < _configured.Count; i++)
        {
            _configured[i].Number = numbers[i];
        }

        _byNumber = [.. Enumerable.Range(0, numbers.Max() + 1).Select(number => _configured.FirstOrDefault(s => s.Number == number))];
        _all = [.. _byNumber.OfType<Shard>()];
    }
}
