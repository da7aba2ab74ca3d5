namespace Monolith.Kernel.Tests;

public sealed class RebuildsTests : ProjectionDeck
{
    private const string Name = ChronicleProjection.ViewName;

    [Fact]
    public async Task Builds_the_same_again_beside_the_live_views_and_deletes_the_former_ones_later()
    {
        var node = NewNode();
        _ = Run(node);
        await node.HappenAsync(Thing.Stream("a"), "1", "2");
        await node.HappenAsync(Thing.Stream("b"), "3");
        await UntilAsync(async () => (await ChronicleAsync(node)).Count == 3);
        var live = await DocumentsAsync(node);

        Assert.True(await node.Get<Rebuilds>().StartAsync(Name, default));

        await UntilAsync(async () => (await StateAsync(node)).LastSwitch is not null);
        Assert.Equal((3, 0), ((await StateAsync(node)).LastSwitch!.Documents, (await StateAsync(node)).LastSwitch!.Differing));
        Assert.Equal(live, await DocumentsAsync(node));
        await UntilAsync(async () => (await StateAsync(node)).Retired.Count == 0);
        Assert.Empty(await Store.QueryAsync(new DocumentQuery(ViewGeneration.KindOf(Name, 1), 10), default));
    }

    [Fact]
    public async Task Makes_views_right_that_were_changed_behind_its_back_and_tells_how_many()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1", "2");
        await RunToEndAsync(node);
        var right = await DocumentsAsync(node);
        await WriteAsync(node, new DocumentWrite($"{Name}@1", "a", null, """{"happened":[]}"""u8.ToArray(), 1));
        await WriteAsync(node, new DocumentWrite($"{Name}@1", "stray", null, """{"happened":[]}"""u8.ToArray(), 1));

        await node.Get<Rebuilds>().StartAsync(Name, default);
        await RunToEndAsync(node);

        Assert.Equal(2, (await StateAsync(node)).LastSwitch!.Differing);
        Assert.Equal(right, await DocumentsAsync(node));
    }

    [Fact]
    public async Task Is_begun_by_a_new_version_and_the_former_views_are_read_until_the_new_ones_are_complete()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), [.. Enumerable.Range(0, 9_000).Select(i => $"{i}")]);
        await RunToEndAsync(node);
        using var cancelled = new CancellationTokenSource();
        var newer = new ChronicleProjection(2, "v2 ");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SubscriptionOf(node, newer).RunToEndAsync(
            position => CancelIn(position, cancelled), cancelled.Token));

        Assert.Equal((1, 2), ((await StateAsync(node)).Live.Version, (await StateAsync(node)).Next!.Version));
        Assert.Equal("0", (await ChronicleAsync(node))[0]);
        await RunToEndAsync(node, newer);
        var (state, now) = (await StateAsync(node), await ChronicleAsync(node));
        Assert.Equal((2, null, 9_000), (state.Live.Version, state.Next, now.Count));
        Assert.Equal("v2 0", now[0]);
        Assert.Null(state.LastSwitch!.Differing);
    }

    [Fact]
    public async Task Goes_on_where_it_was_cancelled_and_ends_as_if_it_had_not_been()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), [.. Enumerable.Range(0, 10_000).Select(i => $"{i}")]);
        await RunToEndAsync(node);
        var right = await DocumentsAsync(node);
        await node.Get<Rebuilds>().StartAsync(Name, default);
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SubscriptionOf(node).RunToEndAsync(
            position => CancelIn(position, cancelled), cancelled.Token));
        var came = (await StateAsync(node)).Next!.Position;

        var positions = new List<long>();
        await SubscriptionOf(NewNode()).RunToEndAsync(positions.Add, default);

        Assert.InRange(came, 4_096, 9_999);
        Assert.All(positions, position => Assert.True(position >= came, $"It began again at {position}."));
        Assert.Equal(0, (await StateAsync(node)).LastSwitch!.Differing);
        Assert.Equal(right, await DocumentsAsync(node));
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_it_is_abandoned()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node);
        var live = await DocumentsAsync(node);
        await node.Get<Rebuilds>().StartAsync(Name, default);

        await node.Get<Rebuilds>().CancelAsync(Name, default);
        await RunToEndAsync(node);

        Assert.Equal(
            (1, null, 0), ((await StateAsync(node)).Live.Number, (await StateAsync(node)).Next, (await StateAsync(node)).Retired.Count));
        Assert.Equal(live, await DocumentsAsync(node));
    }

    [Fact]
    public async Task Takes_what_could_not_be_folded_into_the_new_views_once_it_can()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1", "poison");
        await RunToEndAsync(node);
        Assert.Equal(Replay.NeedsRebuild, (await node.Get<ParkedEvents>().ReplayAsync(Name, 0, 2, null, default)).Replay);

        await RunToEndAsync(node, new ChronicleProjection(2, isCured: true));

        Assert.Equal(["1", "poison"], await ChronicleAsync(node));
        Assert.Empty(await node.Get<ParkedEvents>().ListAsync(10, default));
    }

    [Fact]
    public async Task Is_left_to_newer_code_by_older_code()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("a"), "1");
        await RunToEndAsync(node, new ChronicleProjection(2, "v2 "));

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => RunToEndAsync(node));

        Assert.Contains("newer version", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["v2 1"], await ChronicleAsync(node));
    }

    [Fact]
    public async Task Knows_no_projection_that_is_not_there()
    {
        var node = NewNode();

        Assert.False(await node.Get<Rebuilds>().StartAsync("things.nothing", default));
        Assert.False(await node.Get<Rebuilds>().CancelAsync("things.nothing", default));
    }

    // After the first page of what is being built; that begins at 0.
    private static void CancelIn(long position, CancellationTokenSource cancelled)
    {
        if (position is >= 4_096 and < 9_000)
        {
            cancelled.Cancel();
        }
    }

    private static async Task WriteAsync(TestNode node, DocumentWrite write) =>
        Assert.IsType<Committed>(
            await node.Shard.CommitAsync(
                new Commit { Id = Id.New(TimeProvider.System, default), Bucket = default, Documents = [write] }, default));
}
