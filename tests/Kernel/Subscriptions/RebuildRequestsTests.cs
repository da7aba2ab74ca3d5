namespace Monolith.Kernel.Tests.Subscriptions;

/// <summary>Requests to rebuild, beside a node that writes the same document.</summary>
public sealed class RebuildRequestsTests : ProjectionDeck
{
    private const string Name = ChronicleProjection.ViewName;

    [Fact]
    public async Task There_is_nothing_to_rebuild_under_an_unknown_name()
    {
        var rebuilds = NewNode().Get<Rebuilds>();

        Assert.False(await rebuilds.StartAsync("things.unknown", default));
        Assert.False(await rebuilds.CancelAsync("things.unknown", default));
        await Assert.ThrowsAsync<ArgumentException>(() => rebuilds.RunAsync("things.unknown", _ => { }, default));
    }

    [Fact]
    public async Task Where_each_projection_stands_is_told_per_shard()
    {
        var clock = new FakeClock();
        await using var node = new TestNode([new MemoryStore(clock), new MemoryStore(clock)], clock);
        await node.HappenAsync(Thing.Stream("a", bucket: 1), "1", "2");
        await node.Get<Rebuilds>().RunAsync(Name, _ => { }, default);
        await node.HappenAsync(Thing.Stream("a", bucket: 1), "3");
        await node.Get<Rebuilds>().StartAsync(Name, default);

        var standings = await node.Get<Rebuilds>().StandingsAsync(default);

        Assert.Equal([(0, 0L, 0L), (1, 2L, 3L)], standings.Select(s => (s.Shard, s.Position, s.Head)));
        Assert.All(standings, s => Assert.Equal((Name, 1, 1, 0L), (s.Projection, s.Version, s.NextVersion!.Value, s.NextPosition!.Value)));
    }

    [Fact]
    public async Task A_request_for_what_is_under_way_already_changes_nothing()
    {
        var node = NewNode();
        await node.Get<Rebuilds>().StartAsync(Name, default);
        var before = await Store.FindAsync(FollowedState.Kind, Name, default);

        Assert.True(await node.Get<Rebuilds>().StartAsync(Name, default));

        Assert.Equal(before!.Version, (await Store.FindAsync(FollowedState.Kind, Name, default))!.Version);
        await node.Get<Rebuilds>().CancelAsync(Name, default);
        Assert.True(await node.Get<Rebuilds>().CancelAsync(Name, default));
        Assert.Equal(before.Version + 1, (await Store.FindAsync(FollowedState.Kind, Name, default))!.Version);
    }

    [Theory]
    [InlineData(19, true)]
    [InlineData(20, false)]
    public async Task A_request_is_tried_twenty_times_against_a_node_that_writes_too(int losses, bool succeeds)
    {
        var node = NewNode();
        var lost = 0;
        BeforeStore = method =>
        {
            if (method == nameof(IStore.CommitAsync) && lost < losses)
            {
                // Between the look at the document and its replacement.
                var touched = new DocumentWrite(
                    FollowedState.Kind, Name, null, node.Get<StoredJson>().Write(FollowedState.First(1)), ++lost);
                Memory.CommitAsync([new Commit { Id = Id.New(
                    Clock, Bucket.Here), Bucket = Bucket.Here, Documents = [touched] }], default).AsTask().GetAwaiter().GetResult();
            }
        };

        var request = node.Get<Rebuilds>().StartAsync(Name, default);

        if (succeeds)
        {
            Assert.True(await request);
            Assert.NotNull((await StateAsync(node)).Next);
        }
        else
        {
            await Assert.ThrowsAsync<ConflictException>(() => request);
            Assert.Null((await StateAsync(node)).Next);
        }
    }

    [Fact]
    public async Task A_process_that_does_not_serve_leaves_the_lease_of_another_node_alone()
    {
        var (running, beside) = (NewNode(), NewNode());
        await running.HappenAsync(Thing.Stream("a"), "1");
        _ = Run(running);
        await UntilAsync(async () => (await StateAsync(running)).Owner.Length > 0);

        await Assert.ThrowsAsync<TimeoutException>(() => RunToEndAsync(beside));
    }

    [Fact]
    public async Task Older_code_leaves_newer_views_alone()
    {
        var node = NewNode();
        await RunToEndAsync(node, new ChronicleProjection(version: 2));

        await Assert.ThrowsAsync<TimeoutException>(() => RunToEndAsync(NewNode()));

        Assert.Equal(2, (await StateAsync(node)).Live.Version);
    }

    [Fact]
    public void Two_followed_projections_of_one_name_are_refused() => Assert.Contains(
        Name, Assert.Throws<InvalidOperationException>(
            () => new FollowedCatalog([new ChronicleProjection(), new ChronicleProjection()])).Message, StringComparison.Ordinal);
}
