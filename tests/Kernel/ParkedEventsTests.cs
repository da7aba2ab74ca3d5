using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class ParkedEventsTests : ProjectionDeck
{
    private const string Subscription = "things.echo";

    private static readonly StreamId _echo = Thing.Stream("echo");

    private bool _isCured;

    [Fact]
    public async Task Has_the_effect_once_when_its_event_is_handled_again_after_the_cure()
    {
        var node = await ParkAsync();
        var parked = Parked(node);

        _isCured = true;
        var replays = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => Task.Run(() => parked.ReplayAsync(Subscription, 0, 2, null, default))));

        Assert.Equal(1, replays.Count(r => r.Replay == Replay.Handled));
        Assert.Equal(["1", "3", "poison"], await node.CountedAsync(_echo));
        Assert.Empty(await parked.ListAsync(10, default));
        Assert.Equal(Replay.NotParked, (await parked.ReplayAsync(Subscription, 0, 2, null, default)).Replay);
    }

    [Fact]
    public async Task Stays_with_the_new_reason_when_it_fails_again()
    {
        var node = await ParkAsync();

        var outcome = await Parked(node).ReplayAsync(Subscription, 0, 2, null, default);

        Assert.Equal((Replay.FailedAgain, 6), (outcome.Replay, outcome.Parked!.Attempts));
        var (shard, still) = Assert.Single(await Parked(node).ListAsync(10, default));
        Assert.Equal((0, outcome.Parked), (shard, still));
        Assert.Equal(["1", "3"], await node.CountedAsync(_echo));
    }

    [Fact]
    public async Task Is_handled_in_the_name_of_the_one_who_asked()
    {
        var node = await ParkAsync();
        var actor = Id.New(TimeProvider.System, default);
        _isCured = true;

        await Parked(node).ReplayAsync(Subscription, 0, 2, actor, default);

        Assert.Contains(
            $"{actor}", System.Text.Encoding.UTF8.GetString((await Store.ReadStreamAsync(_echo, 2, 1, default))[0].Meta.Span),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("things.none", 0, 2)]
    [InlineData(Subscription, 1, 2)]
    [InlineData(Subscription, 0, 1)]
    [InlineData(Subscription, 0, 99)]
    public async Task Is_not_found_under_another_name_or_place(string subscription, int shard, long position)
    {
        var node = await ParkAsync();

        Assert.Equal(Replay.NotParked, (await Parked(node).ReplayAsync(subscription, shard, position, null, default)).Replay);
    }

    // Three events, of which the second is parked.
    private async Task<TestNode> ParkAsync()
    {
        var node = NewNode();
        await node.HappenAsync(Thing.Stream("source"), "1", "poison", "3");
        using var end = new CancellationTokenSource();
        var running = Task.Run(
            () => new Monolith.Kernel.Subscriptions.Subscription(Echo(node), node.Shard, node.Context).RunAsync(end.Token));
        await UntilAsync(async () => (await node.CountedAsync(_echo)).Count >= 2);
        await end.CancelAsync();
        await running;
        return node;
    }

    private ParkedEvents Parked(TestNode node) => new(
        new SubscriptionDefinitions([Echo(node)]), node.Get<FollowedCatalog>(), node.Get<Shards>(), node.Get<StoredJson>(),
        node.Get<IServiceScopeFactory>(), Clock);

    private SubscriptionDefinition Echo(TestNode node) =>
        new(Subscription, ["things.happened.v1"], false, async (stored, services, cancellationToken) =>
    {
        if (stored.Stream == _echo)
        {
            return;
        }

        if (!_isCured && TextOf(node, stored) == "poison")
        {
            throw new InvalidDataException("cannot be handled");
        }

        var work = services.GetRequiredService<UnitOfWork>();
        (await work.LoadAsync<Thing>(_echo, cancellationToken)).Append(services.GetRequiredService<EventCatalog>().Read(stored));
        await work.CommitAsync(cancellationToken);
    });
}
