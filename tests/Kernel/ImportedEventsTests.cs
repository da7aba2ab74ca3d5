using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests;

/// <summary>What was imported from another log is known to streams, and new to nothing that follows the log.</summary>
public sealed class ImportedEventsTests : ProjectionDeck
{
    private const string Name = ChronicleProjection.ViewName;

    private static readonly StreamId _moved = Thing.Stream("moved");
    private static readonly StreamId _native = Thing.Stream("native");
    private static readonly StreamId _effect = Thing.Stream("effect");

    private long _imported;

    [Fact]
    public async Task Are_part_of_their_streams_which_go_on_here()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2");

        await node.HappenAsync(_moved, "3");

        Assert.Equal(["1", "2", "3"], await node.CountedAsync(_moved));
        Assert.Equal(1, node.Shard.Last.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cause_no_reaction_whether_they_came_before_it_ran_or_while_it_runs(bool startsNow)
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2");
        using var end = new CancellationTokenSource();
        var definition = new SubscriptionDefinition(
            "things.copy", ["things.happened.v1"], startsNow, (stored, services, cancellationToken) =>
            stored.Stream == _effect ? Task.CompletedTask : CopyAsync(node, stored, services, cancellationToken));
        var running = Task.Run(
            () => new Monolith.Kernel.Subscriptions.Subscription(definition, node.Shard, node.Context).RunAsync(end.Token));
        await UntilAsync(async () => await Store.FindAsync(Checkpoint.Kind, definition.Name, default) is not null);

        await ImportAsync(_moved, "3");
        await node.HappenAsync(_native, "native");
        await UntilAsync(async () => (await node.CountedAsync(_effect)).Count > 0);
        await end.CancelAsync();
        await running;

        Assert.Equal(["native"], await node.CountedAsync(_effect));
    }

    [Fact]
    public async Task Are_counted_by_the_followed_views_of_the_log_they_came_from_alone_also_when_these_are_rebuilt()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2");
        await node.HappenAsync(_native, "native");
        await RunToEndAsync(node);
        var live = await ChronicleAsync(node);
        await ImportAsync(_moved, "3");

        await RunToEndAsync(node, new ChronicleProjection(version: 2));

        Assert.Equal(["native"], live);
        Assert.Equal((2, 1), ((await StateAsync(node)).Live.Version, (await StateAsync(node)).Live.Position));
        Assert.Equal(live, await ChronicleAsync(node));
    }

    [Fact]
    public async Task Make_no_view_older_than_it_is()
    {
        var node = NewNode();
        await node.HappenAsync(_native, "native");
        await RunToEndAsync(node);
        await ImportAsync(_moved, "1");
        Clock.Advance(TimeSpan.FromMinutes(1));

        await using var services = node.Scope();
        var scope = services.ServiceProvider.GetRequiredService<CommitScope>();
        await services.ServiceProvider.GetRequiredService<FollowedViews>().FindAsync<Chronicle>(Name, ChronicleProjection.All, default);

        Assert.Equal(TimeSpan.Zero, scope.AgeOfData);
    }

    [Fact]
    public async Task Drop_no_copies()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1");
        await node.HappenAsync(_native, "native");
        var (copies, heartbeats) = (new NotedCopies(), node.Get<Heartbeats>());
        using var evictions = new CacheInvalidation(
            node.Get<Shards>(), [copies], node.Get<StateMemory>(), node.Get<LogFreshness>(), heartbeats, Clock,
            NullLogger<CacheInvalidation>.Instance);
        await evictions.StartAsync(default);
        await ImportAsync(_moved, "2");
        await node.HappenAsync(_native, "again");
        await UntilAsync(() => Task.FromResult(copies.Evicted.Count >= 2));
        await evictions.StopAsync(default);

        Assert.Equal([$"{_native} 1", $"{_native} 2"], copies.Evicted);
    }

    [Fact]
    public async Task Put_no_loop_behind()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2");
        var loop = node.Get<Heartbeats>().Of("things.copy/0", TimeSpan.FromMinutes(1), shard: 0);
        loop.Position = 0;

        await new LagWatch(node.Get<Shards>(), node.Get<Heartbeats>(), Clock, NullLogger<LagWatch>.Instance).MeasureAsync(default);

        Assert.Equal(0, loop.Lag);
    }

    [Fact]
    public async Task Can_be_parked_and_handled_again()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2", "3");
        var parked = new ParkedEvent("things.copy", LogStart.Imported + 2, "things.happened.v1", "not yet", Clock.GetUtcNow());
        await node.Shard.CommitAsync(
            new Commit
            {
                Id = Id.New(Clock, default), Bucket = default, Documents = [parked.Write("things.copy", 1, node.Get<StoredJson>())],
            }, default);
        var definition = new SubscriptionDefinition("things.copy", ["things.happened.v1"], false, (stored, services, cancellationToken) =>
            CopyAsync(node, stored, services, cancellationToken));
        var all = new ParkedEvents(
            new SubscriptionDefinitions([definition]), node.Get<FollowedCatalog>(), node.Get<Shards>(), node.Get<StoredJson>(),
            node.Get<IServiceScopeFactory>(), Clock);

        var outcome = await all.ReplayAsync("things.copy", 0, parked.Position, null, default);

        Assert.Equal(Replay.Handled, outcome.Replay);
        Assert.Equal(["2"], await node.CountedAsync(_effect));
        Assert.Empty(await all.ListAsync(10, default));
    }

    [Fact]
    public async Task Are_found_by_those_who_search_all_of_the_log_however_it_is_read()
    {
        var node = NewNode();
        await ImportAsync(_moved, "1", "2");
        await node.HappenAsync(_native, "native");
        var native = await node.Shard.ReadLogAsync(LogStart.Native, 10, null, default);

        var all = await node.Shard.ReadLogAsync(LogStart.All, 10, null, default);

        Assert.Equal(["native"], native.Events.Select(e => TextOf(node, e)));
        Assert.Equal(["1", "2", "native"], all.Events.Select(e => TextOf(node, e)));
        Assert.Equal((1, 1), (native.Through, all.Through));
    }

    [Fact]
    public async Task Make_a_store_one_that_is_in_use()
    {
        await ImportAsync(_moved, "1");
        var map = new StoredShardMap(
            new StoreNames(["a", "b"]), new StoredJson([new ModuleTypes("kernel", typeof(StoredShardMap).Assembly, KernelJson.Default)]),
            Clock);

        var refused = await Assert.ThrowsAsync<ShardMapException>(
            () => map.OpenAsync([Memory, new MemoryStore(Clock)], mayWrite: true, default).AsTask());

        Assert.Contains("a was made by a version before 0.1.0", refused.Message, StringComparison.Ordinal);
    }

    // As they were stored in another log, at the next positions below zero.
    private async Task ImportAsync(StreamId stream, params IReadOnlyList<string> what)
    {
        var elsewhere = new MemoryStore(Clock);
        await using var node = new TestNode(elsewhere, Clock);
        await elsewhere.ImportAsync(await Memory.ReadStreamAsync(stream, 0, 100, default), default);
        await node.HappenAsync(stream, what);
        var events = (await elsewhere.ReadLogAsync(LogStart.Native, 100, null, default)).Events;
        await Memory.ImportAsync([.. events.Select(e => e with { Position = LogStart.Imported + ++_imported })], default);
    }

    private static async Task CopyAsync(TestNode node, StoredEvent stored, IServiceProvider services, CancellationToken cancellationToken)
    {
        var work = services.GetRequiredService<UnitOfWork>();
        (await work.LoadAsync<Thing>(_effect, cancellationToken)).Append(new Thing.Happened(TextOf(node, stored)));
        await work.CommitAsync(cancellationToken);
    }

    private sealed class NotedCopies : ICacheInvalidator
    {
        public List<string> Evicted { get; } = [];

        public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
        {
            Evicted.Add($"{tag} {position.Value}");
            return default;
        }
    }
}
