namespace Monolith.Kernel.Tests;

public sealed class ShardTests : IAsyncDisposable
{
    private static readonly Bucket _bucket = new(1);
    private static readonly TimeProvider _clock = TimeProvider.System;

    private readonly TestNode _node;
    private readonly Notes _carrier = new();

    public ShardTests()
    {
        _node = new TestNode(new MemoryStore(_clock), _clock);
        Shard.Dispatcher = _carrier;
    }

    private Shard Shard => _node.Shard;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Wakes_workers_for_everything_and_subscriptions_for_events_alone()
    {
        await CommitAsync(Event(expected: 0));
        var (changed, appended) = (Shard.Changed.Next, Shard.Appended.Next);

        await CommitAsync(Message("job"));
        Assert.True(changed.IsCompleted);
        Assert.False(appended.IsCompleted);

        await CommitAsync(Event(expected: 1));
        Assert.True(appended.IsCompleted);
    }

    [Fact]
    public void Wakes_subscriptions_when_another_process_may_have_stored_events()
    {
        Shard.Stored(7);
        var next = Shard.Appended.Next;

        Shard.Stored(6);
        Assert.False(next.IsCompleted);

        Shard.Stored(0);
        Assert.True(next.IsCompleted);
        Assert.Equal(new LogPosition(0, 7), Shard.Last);
    }

    [Fact]
    public async Task Stores_what_the_carrier_accepts_as_reserved_and_hands_it_over()
    {
        var message = Message("job");

        await CommitAsync(message);

        Assert.Equal([(message.Id, 0, true)], _carrier.Carried);
        Assert.Equal(_carrier.Until, await Shard.Store.NextDueAsync(["job"], CancellationToken.None));
        var reserved = new ReservedMessage(message.Id, "job", _bucket, 3, [1], 0);
        var taken = Assert.Single(
            await Shard.Store.ClaimAsync(new ClaimMessages([reserved], "node", TimeSpan.FromMinutes(1)), CancellationToken.None));
        Assert.Equal(1, taken.Token);
    }

    [Fact]
    public async Task Leaves_what_the_carrier_does_not_accept_as_it_is()
    {
        var message = Message("other");

        await CommitAsync(message);

        Assert.Empty(_carrier.Carried);
        Assert.Equal(message.Due, await Shard.Store.NextDueAsync(["other"], CancellationToken.None));
    }

    [Fact]
    public async Task Tells_the_carrier_what_was_not_stored()
    {
        await CommitAsync(Event(expected: 0));
        var message = Message("job");

        var outcome = await CommitAsync(Event(expected: 0) with { Messages = [message] });

        Assert.IsType<Conflict>(outcome);
        Assert.Equal([(message.Id, 0, false)], _carrier.Carried);
        Assert.Null(await Shard.Store.NextDueAsync(["job"], CancellationToken.None));
    }

    private static SendMessage Message(string kind) =>
        new(Id.New(_clock, _bucket), kind, _bucket, 3, DateTimeOffset.UnixEpoch.AddYears(50), [1]);

    private static Commit Event(long expected) => new()
    {
        Id = Id.New(_clock, _bucket),
        Bucket = _bucket,
        Appends = [
            new Append(
                new StreamId(_bucket, "thing", "1"), expected,
                [new NewEvent(Id.New(_clock, _bucket), "things.happened.v1", "{}"u8.ToArray(), DateTimeOffset.UnixEpoch, default)])],
    };

    private Task<CommitOutcome> CommitAsync(SendMessage message) =>
        CommitAsync(new Commit { Id = Id.New(_clock, _bucket), Bucket = _bucket, Messages = [message] });

    private Task<CommitOutcome> CommitAsync(Commit commit) => Shard.CommitAsync(commit, CancellationToken.None).AsTask();

    /// <summary>Accepts one kind.</summary>
    private sealed class Notes : IMessageDispatcher
    {
        public DateTimeOffset Until { get; } = DateTimeOffset.UnixEpoch.AddYears(60);

        public List<(Guid Id, long Token, bool IsStored)> Carried { get; } = [];

        public DateTimeOffset? ReserveUntil(SendMessage message) => message.Kind == "job" ? Until : null;

        public void Dispatch(IReadOnlyList<ReservedMessage> messages, bool isStored) =>
            Carried.AddRange(messages.Select(m => (m.Id, m.Token, isStored)));
    }
}
