using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class FollowedViewsTests : ProjectionDeck
{
    private const string Name = ChronicleProjection.ViewName;

    [Fact]
    public async Task Answers_at_once_and_tells_how_old_it_may_be_when_nothing_is_demanded()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node);
        await node.HappenAsync(Thing.Stream("a"), "2");
        Clock.Advance(TimeSpan.FromSeconds(5));

        var (view, age) = await ReadAsync(node, demanded: 0);

        Assert.Equal(["1"], view!.Happened);
        Assert.Equal(TimeSpan.FromSeconds(5), age);
    }

    [Fact]
    public async Task Refuses_rather_than_answer_older_than_demanded()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node);
        await node.HappenAsync(Thing.Stream("a"), "2");

        var reading = ReadAsync(node, demanded: 2);

        await UntilAsync(() => Task.FromResult(reading.IsCompleted));
        await Assert.ThrowsAsync<NotCaughtUpException>(() => reading);
    }

    [Fact]
    public async Task Is_woken_by_the_subscription_while_it_waits()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        var reading = ReadAsync(node, demanded: 1);
        Assert.False(reading.IsCompleted);

        // The clock stands still, so no time limit can end the wait.
        await RunToEndAsync(node);

        Assert.Equal(["1"], (await reading.WaitAsync(TimeSpan.FromSeconds(30))).View!.Happened);
    }

    [Fact]
    public async Task Is_as_new_as_the_log_though_its_position_is_not_where_nothing_happened_that_it_shows()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node);
        var @event = new NewEvent(Id.New(TimeProvider.System, default), "others.thing.v1", "{}"u8.ToArray(), default, default);
        await node.Shard.CommitAsync(
            new Commit
            {
                Id = Id.New(TimeProvider.System, default), Bucket = default,
                Appends = [new Append(new StreamId(default, "other", "1"), 0, [@event])],
            }, default);

        var (view, age) = await ReadAsync(node, demanded: 2);

        Assert.Equal(["1"], view!.Happened);
        Assert.Equal(TimeSpan.Zero, age);
    }

    [Fact]
    public async Task Asks_every_shard_at_once_and_is_as_old_as_the_oldest()
    {
        var stores = Enumerable.Range(0, 3).Select(_ => HeldStore.Over(new MemoryStore(Clock))).ToList();
        await using var node = new TestNode(stores, Clock);
        var reads = stores.ConvertAll(s => ((HeldStore)s).Hold());
        await using var scope = node.Scope();

        var reading = scope.ServiceProvider.GetRequiredService<FollowedViews>().FindAsync<Chronicle>(Name, "a", default);

        // None of them was answered, and each of them was asked.
        Assert.All(stores, s => Assert.NotEmpty(((HeldStore)s).Reads));
        Assert.False(reading.IsCompleted);
        reads.ForEach(r => r.SetResult());
        Assert.Empty(await reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(TimeSpan.Zero, scope.ServiceProvider.GetRequiredService<CommitScope>().AgeOfData);
    }

    [Fact]
    public async Task Waits_for_the_subscriptions_of_all_shards_within_one_and_the_same_time()
    {
        await using var node = new TestNode([new MemoryStore(Clock), new MemoryStore(Clock)], Clock);
        await node.HappenAsync(Thing.Stream("a", bucket: 0), "1");
        await node.HappenAsync(Thing.Stream("b", bucket: 1), "1");
        await using var scope = node.Scope();
        scope.ServiceProvider.GetRequiredService<CommitScope>()
            .Demanded = new ConsistencyToken([new LogPosition(0, 1), new LogPosition(1, 1)]);

        var reading = scope.ServiceProvider.GetRequiredService<FollowedViews>()
            .FindAsync<Chronicle>(Name, ChronicleProjection.All, default);
        foreach (var shard in node.Get<Shards>().All.Reverse())
        {
            Clock.Advance(TokenWait.Longest / 3);
            Assert.False(reading.IsCompleted);
            await new ProjectionSubscription(
                new ChronicleProjection(), shard, node.Context, node.Get<EventCatalog>()).RunToEndAsync(_ => { }, default);
        }

        Assert.Equal(2, (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Count);
    }

    [Fact]
    public async Task Sees_what_its_own_scope_wrote()
    {
        var node = NewNode();
        _ = Run(node);
        for (var i = 1; i <= 20; i++)
        {
            await using var scope = node.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            (await work.LoadAsync<Thing>(Thing.Stream("a"), default)).Append(new Thing.Happened($"{i}"));
            await work.CommitAsync(default);

            var reading = scope.ServiceProvider.GetRequiredService<FollowedViews>().FindAsync<Chronicle>(Name, "a", default);
            await UntilSlowlyAsync(reading);

            Assert.Equal(i, (await reading)[0].Happened.Count);
        }
    }

    [Fact]
    public async Task Finds_pages_by_key_and_by_entry()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await node.HappenAsync(Thing.Stream("b"), "2", "3");
        await RunToEndAsync(node);
        await using var scope = node.Scope();
        var views = scope.ServiceProvider.GetRequiredService<FollowedViews>();

        var all = await views.QueryAsync<Chronicle>(Name, new DocumentQuery("", 2) { IsDescending = true }, default);
        var two = await views.QueryAsync<Chronicle>(Name, new DocumentQuery("", 2) { Entry = new IndexEntry("length", "2") }, default);

        Assert.Equal(["b", "all"], all.Select(v => v.Key));
        Assert.Equal("b", Assert.Single(two).Key);
    }

    // Time passes only when the subscription rests, and less than a read may wait: one that is at work is in time, however long it takes.
    private async Task UntilSlowlyAsync(Task reading)
    {
        var end = Clock.GetUtcNow() + TimeSpan.FromMilliseconds(200);
        await Eventually.IsSoAsync(() =>
        {
            if (Clock.NextDue < end)
            {
                Clock.Advance(TimeSpan.FromMilliseconds(5));
            }

            return reading.IsCompleted;
        });
    }

    private static async Task<(Chronicle? View, TimeSpan? Age)> ReadAsync(TestNode node, long demanded)
    {
        await using var services = node.Scope();
        var scope = services.ServiceProvider.GetRequiredService<CommitScope>();
        scope.Demanded = new ConsistencyToken([new LogPosition(0, demanded)]);
        var found = await services.ServiceProvider.GetRequiredService<FollowedViews>().FindAsync<Chronicle>(Name, "a", default);
        return (found.SingleOrDefault(), scope.AgeOfData);
    }
}
