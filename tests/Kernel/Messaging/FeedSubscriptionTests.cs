using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Messaging;

public sealed class FeedSubscriptionTests : IAsyncDisposable
{
    private static readonly StreamId _source = Thing.Stream("source");

    private readonly CancellationTokenSource _end = new();
    private readonly FakeClock _clock = new();
    private readonly MemoryStore _store;
    private readonly RecordingFeed _feed = new();
    private readonly FeedReceiver _receiver = new();
    private readonly List<TestNode> _nodes = [];
    private readonly List<Task> _running = [];

    public FeedSubscriptionTests() => _store = new MemoryStore(_clock);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _end.Dispose();
    }

    [Fact]
    public async Task Announces_each_event_in_the_order_of_the_log_and_says_which_one_was_before_it()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2");
        Run(node);
        await ArrivedAsync(2);

        await node.HappenAsync(Thing.Stream("another"), "3");
        await ArrivedAsync(3);

        Assert.Equal(["1", "2", "3"], Texts(_feed.Arrived));
        Assert.Equal([0, .. _feed.Arrived.SkipLast(1).Select(m => m.Position)], _feed.Arrived.Select(m => m.After));
        var events = (await _store.ReadLogAsync(0, 10, ["things.happened.v1"], default)).Events;
        Assert.Equal(events.Select(e => (e.Id, e.Position, e.At)), _feed.Arrived.Select(m => (m.Id, m.Position, m.At)));
        Assert.All(_feed.Arrived, m => Assert.Equal(("things.thing-happened.v1", 0), (m.Type, m.Shard)));
        Assert.Single(_feed.Arrived.Select(m => m.Store).Distinct());
        Assert.All(_feed.Arrived, m => Assert.True(_receiver.Take(m)));
    }

    [Fact]
    public async Task Stores_its_position_once_for_a_page_and_behind_the_confirmations()
    {
        var node = NewNode();
        var confirmed = new TaskCompletionSource();
        _feed.Confirmed = confirmed.Task;
        await node.HappenAsync(_source, [.. Enumerable.Range(1, 700).Select(i => $"{i}")]);
        Run(node);
        await ArrivedAsync(500);

        Assert.Equal(0, await StoredPositionAsync(node));
        confirmed.SetResult();
        await ArrivedAsync(700);

        await _clock.UntilAsync(async () => await StoredPositionAsync(node) >= 700);
        Assert.Equal([500, 200], _feed.Pages);
        Assert.Equal(700, (await FeedMark.FindAsync(_store, node.Get<StoredJson>(), default))?.Mark.Announced);
    }

    [Fact]
    public async Task Sends_a_page_again_whole_and_in_its_order_until_it_is_confirmed()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2", "3");
        _feed.Losses.Enqueue(0);
        _feed.Losses.Enqueue(2);
        _feed.Losses.Enqueue(3);

        Run(node);

        await ArrivedAsync(8);
        Assert.Equal(["1", "2", "1", "2", "3", "1", "2", "3"], Texts(_feed.Arrived));
        Assert.All(_feed.Arrived, m => Assert.True(_receiver.Take(m)));
        Assert.Equal(["1", "2", "3"], Texts(_receiver.Applied));
        Assert.Equal(5, _receiver.Copies);
    }

    [Fact]
    public async Task Goes_on_after_a_crash_so_that_copies_are_known_and_nothing_is_missed()
    {
        var first = NewNode();
        await first.HappenAsync(_source, "1", "2");
        using (var crash = new CancellationTokenSource())
        {
            _feed.Confirmed = new TaskCompletionSource().Task; // Never.
            var running = RunAsync(first, crash.Token);
            await ArrivedAsync(2);
            await crash.CancelAsync();
            await running;
        }

        _feed.Confirmed = Task.CompletedTask;
        await first.HappenAsync(_source, "3");
        Run(NewNode());
        await ArrivedAsync(5);

        Assert.All(_feed.Arrived, m => Assert.True(_receiver.Take(m)));
        Assert.Equal(["1", "2", "3"], Texts(_receiver.Applied));
        Assert.Equal(2, _receiver.Copies);
    }

    [Fact]
    public async Task Goes_on_with_the_last_announcement_before_it_after_a_restart()
    {
        using (var stop = new CancellationTokenSource())
        {
            var node = NewNode();
            await node.HappenAsync(_source, "1");
            var running = RunAsync(node, stop.Token);
            await ArrivedAsync(1);
            await _clock.UntilAsync(async () => await StoredPositionAsync(node) > 0);
            await stop.CancelAsync();
            await running;
        }

        var second = NewNode();
        await NameAsync(second);
        await second.HappenAsync(_source, "2");
        Run(second);
        await ArrivedAsync(3);

        Assert.All(_feed.Arrived, m => Assert.True(_receiver.Take(m)));
        Assert.Equal(0, _receiver.Copies);
        Assert.Equal([0, .. _feed.Arrived.SkipLast(1).Select(m => m.Position)], _feed.Arrived.Select(m => m.After));
    }

    [Fact]
    public async Task Sends_nothing_personal_whatever_an_announcement_has_a_field_for()
    {
        var node = NewNode();
        await NameAsync(node);

        Run(node);

        await ArrivedAsync(1);
        Assert.Equal("""{"name":"","age":36}""", Encoding.UTF8.GetString(_feed.Arrived[0].Body.Span));
    }

    [Fact]
    public async Task Parks_what_it_cannot_translate_and_goes_on_and_announces_it_late_after_the_cure()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "poison", "3");
        Run(node);
        await ArrivedAsync(2);
        await _clock.UntilAsync(async () => (await node.Get<ParkedEvents>().ListAsync(10, default)).Count == 1);

        node.Get<IEnumerable<Announcer>>().OfType<ThingsAnnouncer>().Single().IsCured = true;
        var outcome = await node.Get<ParkedEvents>().ReplayAsync(FeedSubscription.Name, 0, 2, null, default);

        Assert.Equal(Replay.Handled, outcome.Replay);
        Assert.Equal(["1", "3", "poison"], Texts(_feed.Arrived));
        Assert.Equal([(1, 0), (3, 1), (2, 2)], _feed.Arrived.Select(m => (m.Position, m.After)));
        Assert.All(_feed.Arrived, m => Assert.True(_receiver.Take(m)));
        Assert.Equal(3, _receiver.Applied.Count);
        Assert.Empty(await node.Get<ParkedEvents>().ListAsync(10, default));
    }

    [Fact]
    public async Task Runs_on_one_node_at_a_time()
    {
        var (a, b) = (NewNode(), NewNode());
        Run(a);
        Run(b);

        for (var i = 0; i < 30; i++)
        {
            await (i % 2 == 0 ? a : b).HappenAsync(_source, $"{i}");
        }

        await ArrivedAsync(30);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"{i}"), Texts(_feed.Arrived));
    }

    [Fact]
    public async Task Gives_its_log_another_name_after_it_was_put_back_to_an_earlier_time()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2");
        using (var stop = new CancellationTokenSource())
        {
            var running = RunAsync(node, stop.Token);
            await ArrivedAsync(2);
            await _clock.UntilAsync(async () => await StoredPositionAsync(node) > 0);
            await stop.CancelAsync();
            await running;
        }

        var point = new RewoundTo(_clock.GetUtcNow(), Position: 2, SafePosition: 1, Epoch: 1);
        await new RewindKernel(node.Get<StoredJson>(), _clock).AfterRewindAsync(node.Shard, point, default);
        Run(NewNode());
        await ArrivedAsync(3);

        Assert.NotEqual(_feed.Arrived[0].Store, _feed.Arrived[2].Store);
        Assert.Equal((2, 0), (_feed.Arrived[2].Position, _feed.Arrived[2].After));
    }

    [Fact]
    public async Task Gives_a_receiver_what_it_missed()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2", "3");
        Run(node);
        await ArrivedAsync(3);
        Assert.True(_receiver.Take(_feed.Arrived[0]));
        Assert.False(_receiver.Take(_feed.Arrived[2]));

        var page = await node.Get<FeedLog>().ReadAsync(0, after: 1, limit: 10, default);

        Assert.Equal(_feed.Arrived[0].Store, page!.Store);
        Assert.All(page.Messages, m => Assert.True(_receiver.Take(m)));
        Assert.Equal(["1", "2", "3"], Texts(_receiver.Applied));
        Assert.True(page.Through >= 3);
        Assert.Null(await node.Get<FeedLog>().ReadAsync(1, 0, 10, default));
    }

    private static IEnumerable<string> Texts(IEnumerable<FeedMessage> messages) =>
        messages.Select(m => (string?)JsonNode.Parse(m.Body.Span)!["what"] ?? "?");

    private static async Task NameAsync(TestNode node)
    {
        await using var scope = node.Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var person = await work.LoadAsync<Person>(Person.Stream(Id.New(TimeProvider.System, new Bucket(1))), default);
        person.Append(new Person.Named("Ada", null, 36));
        await work.CommitAsync(default);
    }

    private TestNode NewNode()
    {
        var node = new TestNode(_store, _clock, services => services.AddSingleton<IFeed>(_feed));
        _nodes.Add(node);
        return node;
    }

    private void Run(TestNode node) => _running.Add(RunAsync(node, _end.Token));

    private Task RunAsync(TestNode node, CancellationToken stopping) => Task.Run(
        () => new FeedSubscription(node.Get<FeedCatalog>(), _feed, node.Shard, node.Context).RunAsync(stopping), CancellationToken.None);

    private Task ArrivedAsync(int count) => _clock.UntilAsync(() => Task.FromResult(_feed.Arrived.Count >= count));

    private async Task<long> StoredPositionAsync(TestNode node) =>
        await _store.FindAsync(Checkpoint.Kind, FeedSubscription.Name, default) is { } found
            ? node.Get<StoredJson>().Read<Checkpoint>(found.Body).Position
            : 0;
}
