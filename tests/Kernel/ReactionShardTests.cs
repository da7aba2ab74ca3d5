using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

/// <summary>The effect of an event lies in the event's own shard, whichever that is.</summary>
public sealed class ReactionShardTests : IAsyncDisposable
{
    private const string Subscription = "things.note";

    private static readonly StreamId _source = Thing.Stream("source", bucket: 1);

    private readonly FakeClock _clock = new();
    private readonly IReadOnlyList<IStore> _stores;
    private readonly TestNode _node;

    private Func<IServiceProvider, Task> _effect = _ => Task.CompletedTask;

    public ReactionShardTests()
    {
        _stores = [new MemoryStore(_clock), new MemoryStore(_clock)];
        _node = new TestNode(_stores, _clock);
    }

    private SubscriptionDefinition Note => new(Subscription, ["things.happened.v1"], false, (_, services, _) => _effect(services));

    private ParkedEvents Parked => ParkedOf(_node);

    private ParkedEvents ParkedOf(TestNode node) => new(
        new SubscriptionDefinitions([Note]), node.Get<FollowedCatalog>(), node.Get<Shards>(), node.Get<StoredJson>(),
        node.Get<IServiceScopeFactory>(), _clock);

    [Fact]
    public async Task A_document_that_belongs_to_no_bucket_lies_beside_the_event()
    {
        _effect = services => WriteAsync(services, work => work.Write(new DocumentWrite("things.note.v1", "a", null, "{}"u8.ToArray(), 1)));

        await FollowAsync(async () => await _stores[1].FindAsync("things.note.v1", "a", default) is not null);

        Assert.Null(await _stores[0].FindAsync("things.note.v1", "a", default));
    }

    [Fact]
    public async Task An_effect_in_another_shard_is_refused_and_the_event_parked()
    {
        _effect = services =>
            WriteAsync(services, work => work.Start<Thing>(Thing.Stream("elsewhere", bucket: 2)).Append(new Thing.Happened("too far")));

        await FollowAsync(async () => (await Parked.ListAsync(1, default)).Count > 0);

        var (shard, parked) = Assert.Single(await Parked.ListAsync(10, default));
        Assert.Equal(1, shard);
        Assert.Contains("in the shard of its event", parked.Reason, StringComparison.Ordinal);
        Assert.Empty(await _node.CountedAsync(Thing.Stream("elsewhere", bucket: 2)));
    }

    [Fact]
    public async Task An_effect_stays_in_the_shard_of_its_event_when_the_bucket_moves()
    {
        _effect = services => WriteAsync(services, work => work.Write(new DocumentWrite("things.note.v1", "a", null, "{}"u8.ToArray(), 1)));
        await _node.HappenAsync(_source, "first");
        _node.Move(_source.Bucket, 0);

        await RunAsync(async () => await _stores[1].FindAsync("things.note.v1", "a", default) is not null);

        Assert.Null(await _stores[0].FindAsync("things.note.v1", "a", default));
        Assert.Null(await _stores[0].FindAsync(Checkpoint.Kind, Subscription, default));
    }

    [Fact]
    public async Task An_effect_in_a_bucket_that_has_moved_is_refused()
    {
        var note = new DocumentWrite("things.note.v1", "a", _source.Bucket, "{}"u8.ToArray(), 1);
        _effect = services => WriteAsync(services, work => work.Write(note));
        await _node.HappenAsync(_source, "first");
        _node.Move(_source.Bucket, 0);

        await RunAsync(async () => (await Parked.ListAsync(1, default)).Count > 0);

        Assert.Null(await _stores[0].FindAsync("things.note.v1", "a", default));
        Assert.Null(await _stores[1].FindAsync("things.note.v1", "a", default));
    }

    [Fact]
    public async Task A_follower_and_its_parked_events_work_at_any_epoch()
    {
        await using var node = new TestNode([new MemoryStore(_clock, epoch: 5), new MemoryStore(_clock, epoch: 5)], _clock, epoch: 5);
        await node.HappenAsync(_source, "first");
        _effect = _ => throw new InvalidDataException("cannot be handled");
        var parked = ParkedOf(node);

        await RunAsync(node, async () => (await parked.ListAsync(1, default)).Count > 0);

        Assert.Equal(Replay.FailedAgain, (await parked.ReplayAsync(Subscription, 1, 1, null, default)).Replay);
        _effect = _ => Task.CompletedTask;
        Assert.Equal(Replay.Handled, (await parked.ReplayAsync(Subscription, 1, 1, null, default)).Replay);
    }

    [Fact]
    public async Task A_parked_event_that_needs_no_effect_any_more_is_settled_where_it_lies()
    {
        _effect = _ => throw new InvalidDataException("cannot be handled");
        await FollowAsync(async () => (await Parked.ListAsync(1, default)).Count > 0);

        _effect = _ => Task.CompletedTask;
        var outcome = await Parked.ReplayAsync(Subscription, 1, 1, null, default);

        Assert.Equal(Replay.Handled, outcome.Replay);
        Assert.Empty(await Parked.ListAsync(10, default));
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private static async Task WriteAsync(IServiceProvider services, Action<UnitOfWork> decide)
    {
        var work = services.GetRequiredService<UnitOfWork>();
        decide(work);
        await work.CommitAsync(default);
    }

    // Follows the second shard, where something happens, until it had its effect.
    private async Task FollowAsync(Func<Task<bool>> isDone)
    {
        await _node.HappenAsync(_source, "first");
        await RunAsync(isDone);
    }

    private Task RunAsync(Func<Task<bool>> isDone) => RunAsync(_node, isDone);

    private async Task RunAsync(TestNode node, Func<Task<bool>> isDone)
    {
        using var end = new CancellationTokenSource();
        var running = Task.Run(
            () => new Monolith.Kernel.Subscriptions.Subscription(Note, node.Get<Shards>().All[1], node.Context).RunAsync(end.Token));
        await _clock.UntilAsync(isDone);
        await end.CancelAsync();
        await running;
    }
}
