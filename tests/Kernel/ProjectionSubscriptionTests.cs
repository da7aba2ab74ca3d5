namespace Monolith.Kernel.Tests;

public sealed class ProjectionSubscriptionTests : ProjectionDeck
{
    [Fact]
    public async Task Goes_from_the_past_to_the_present_without_gap_or_repetition_while_others_write()
    {
        var (node, other) = (NewNode(), NewNode());
        await node.HappenAsync(Thing.Stream("past"), [.. Enumerable.Range(0, 500).Select(i => $"past {i}")]);
        _ = Run(node);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await (writer % 2 == 0 ? node : other).HappenAsync(Thing.Stream($"{writer}"), $"{writer} {i}");
            }
        })));

        await UntilAsync(async () => (await ChronicleAsync(node)).Count == 900);
        Assert.Equal(await LogAsync(node), await ChronicleAsync(node));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"3 {i}"), await ChronicleAsync(node, "3"));
    }

    [Fact]
    public async Task Folds_each_event_once_on_two_nodes_whose_lease_moves_under_load()
    {
        var (a, b, writer) = (NewNode(), NewNode(), NewNode());
        using var first = new CancellationTokenSource();
        var running = Run(a, stopping: first.Token);
        var hasMoved = false;
        var writing = Task.Run(async () =>
        {
            var count = 0;
            for (var left = 100; left > 0 && count < 5_000; left -= hasMoved ? 1 : 0)
            {
                await writer.HappenAsync(Thing.Stream($"{count % 10}"), $"{++count}");
            }

            return count;
        });

        await UntilAsync(async () => (await ChronicleAsync(a)).Count >= 20);
        _ = Run(b);
        await first.CancelAsync();
        await running;
        await UntilAsync(async () => (await StateAsync(a)).Owner == b.Get<Node>().ToString());
        hasMoved = true;
        var count = await writing;

        await UntilAsync(async () => (await ChronicleAsync(a)).Count >= count);
        Assert.Equal(await LogAsync(a), await ChronicleAsync(a));
    }

    [Fact]
    public async Task Stores_nothing_any_more_when_another_node_took_over()
    {
        var (slow, fast) = (NewNode(), NewNode());
        var (mine, theirs) = (LeaseOf(slow), LeaseOf(fast));
        Assert.True(await mine.HoldAsync(default));
        Assert.False(await theirs.HoldAsync(default));
        var held = mine.State;
        Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(await theirs.HoldAsync(default));

        var isStored = await mine.WriteAsync(
            held with { Live = held.Live with { Position = 7 } },
            [new DocumentWrite("things.chronicle@1", "late", null, "{}"u8.ToArray(), 1)], default);

        Assert.False(isStored);
        Assert.False(mine.IsHeld);
        Assert.Null(await Store.FindAsync("things.chronicle@1", "late", default));
        Assert.Equal(0, (await StateAsync(fast)).Live.Position);
    }

    [Fact]
    public async Task Stores_a_page_and_its_position_together_whatever_breaks_in_between()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("thing"), [.. Enumerable.Range(0, 9_000).Select(i => $"{i}")]);
        var commits = 0;
        BeforeStore = method =>
        {
            if (method == nameof(IStore.CommitAsync) && ++commits % 3 == 0)
            {
                throw new StoreUnavailableException("away", isFull: false, null);
            }
        };

        _ = Run(node);

        await UntilAsync(async () => (await ChronicleAsync(node)).Count >= 9_000);
        Assert.Equal(await LogAsync(node), await ChronicleAsync(node));
        Assert.True(commits >= 3, $"It took {commits} commits, so nothing broke.");
    }

    [Theory]
    [InlineData("poison", FailureKind.Poison)]
    [InlineData("early", FailureKind.OutOfOrder)]
    public async Task Parks_an_event_that_it_cannot_fold_and_goes_on_without_any_part_of_it(string what, FailureKind kind)
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("thing"), "1", what, "3");

        await RunToEndAsync(node);

        Assert.Equal(["1", "3"], await ChronicleAsync(node));
        Assert.Equal(["1", "3"], await ChronicleAsync(node, "thing"));
        var (_, parked) = Assert.Single(await node.Get<ParkedEvents>().ListAsync(10, default));
        Assert.Equal(("things.chronicle", 2, kind, 1), (parked.Subscription, parked.Position, parked.Kind, parked.Attempts));
    }

    [Fact]
    public async Task Parks_an_event_that_cannot_be_read()
    {
        var node = NewNode();
        await AppendAsync(node, "things.happened.v1", "[1]");
        await node.HappenAsync(Thing.Stream("thing"), "2");

        await RunToEndAsync(node);

        Assert.Equal(["2"], await ChronicleAsync(node));
        Assert.Equal(FailureKind.Serialisation, Assert.Single(await node.Get<ParkedEvents>().ListAsync(10, default)).Parked.Kind);
    }

    [Fact]
    public async Task Does_not_mind_events_that_it_did_not_ask_for_though_their_type_is_unknown()
    {
        var node = NewNode();
        await AppendAsync(node, "gone.unheard-of.v1", "{}");
        await node.HappenAsync(Thing.Stream("thing"), "2");

        await RunToEndAsync(node);

        Assert.Equal(["2"], await ChronicleAsync(node));
        Assert.Empty(await node.Get<ParkedEvents>().ListAsync(10, default));
    }

    [Fact]
    public async Task Keeps_the_epoch_of_the_views_that_it_goes_on_with()
    {
        var (node, projection) = (NewNode(), new ChronicleProjection());
        await node.HappenAsync(Thing.Stream("thing"), "1");
        await RunToEndAsync(node);
        var json = node.Get<StoredJson>();
        var (state, version) = await ProjectionLease.ReadAsync(Store, projection, json, default);
        var based = ProjectionLease.Write(projection, state with { Live = state.Live with { Epoch = 18 } }, version, json);
        Assert.Null(await LeaseTerm.CommitAsync(node.Shard, based, [], Clock, default));
        await node.HappenAsync(Thing.Stream("thing"), "2");

        await RunToEndAsync(node);

        Assert.Equal(["1", "2"], await ChronicleAsync(node));
        Assert.Equal(18, (await StateAsync(node)).Live.Epoch);
    }

    [Fact]
    public async Task Deletes_a_view_that_an_event_ends()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("thing"), "1");
        await RunToEndAsync(node);
        await node.HappenAsync(Thing.Stream("thing"), "forget");

        await RunToEndAsync(node);

        Assert.Null(await Store.FindAsync("things.chronicle@1", ChronicleProjection.All, default));
        Assert.Equal(["1", "forget"], await ChronicleAsync(node, "thing"));
    }

    private static ProjectionLease LeaseOf(TestNode node) => new(new ChronicleProjection(), node.Shard, node.Context, () => { });

    private static async Task AppendAsync(TestNode node, string type, string data)
    {
        var stream = new StreamId(new Bucket(1), "odd", $"{Id.New(TimeProvider.System, new Bucket(1))}");
        var @event = new NewEvent(
            Id.New(TimeProvider.System, new Bucket(1)), type, System.Text.Encoding.UTF8.GetBytes(data), default, default);
        Assert.IsType<Committed>(await node.Shard.CommitAsync(
            new Commit
            {
                Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = stream.Bucket, Appends = [new Append(stream, 0, [@event])],
            }, default));
    }
}
