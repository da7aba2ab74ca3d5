using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Subscriptions;

/// <summary>How far loops are behind is measured by the store's own head, and by none other.</summary>
public sealed class LagWatchTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly TestNode _node;
    private readonly Heartbeats _heartbeats;
    private readonly LagWatch _watch;
    private Action<string> _beforeFirst = _ => { };

    public LagWatchTests()
    {
        _node = new TestNode(
            [InterceptedStore.Before(new MemoryStore(_clock), method => _beforeFirst(method)), new MemoryStore(_clock)], _clock);
        _heartbeats = new Heartbeats(_clock);
        _watch = new LagWatch(_node.Get<Shards>(), _heartbeats, _clock, NullLogger<LagWatch>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        _heartbeats.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Measures_each_loop_by_the_log_that_it_follows()
    {
        var (first, second, none) = (Loop("a", 0, position: 1), Loop("b", 1, position: 0), _heartbeats.Of("c", TimeSpan.FromMinutes(1)));
        await _node.HappenAsync(Thing.Stream("x", bucket: 0), "1", "2", "3");
        await _node.HappenAsync(Thing.Stream("y", bucket: 1), "1");

        await _watch.MeasureAsync(default);

        Assert.Equal((2, 1, 0), (first.Lag, second.Lag, none.Lag));
    }

    [Fact]
    public async Task Leaves_the_measure_as_it_was_where_a_store_does_not_answer_and_goes_on_with_the_others()
    {
        var (first, second) = (Loop("a", 0, position: 0), Loop("b", 1, position: 0));
        await _node.HappenAsync(Thing.Stream("x", bucket: 0), "1");
        await _watch.MeasureAsync(default);
        await _node.HappenAsync(Thing.Stream("x", bucket: 0), "2");
        await _node.HappenAsync(Thing.Stream("y", bucket: 1), "1");
        _beforeFirst = method => throw new StoreUnavailableException(method, isFull: false, null);

        await _watch.MeasureAsync(default);

        Assert.Equal((1, 1), (first.Lag, second.Lag));
    }

    [Fact]
    public async Task Measures_every_five_seconds_while_it_runs()
    {
        var loop = Loop("a", 0, position: 0);
        await _node.HappenAsync(Thing.Stream("x", bucket: 0), "1");
        await _watch.StartAsync(default);
        await Eventually.IsSoAsync(() => loop.Lag == 1 && _clock.NextDue is not null);

        await _node.HappenAsync(Thing.Stream("x", bucket: 0), "2");
        _clock.Advance(TimeSpan.FromSeconds(5));

        await Eventually.IsSoAsync(() => loop.Lag == 2);
        Assert.True(_heartbeats.All.Single(h => h.Loop == "kernel.lag-watch").IsAlive);
        await _watch.StopAsync(default);
    }

    [Fact]
    public void A_loop_that_is_behind_and_moves_is_not_stuck()
    {
        var loop = Loop("a", 0, position: 1);
        for (var i = 1; i < 5; i++)
        {
            loop.Position = i;
            loop.Measure(10);
            Assert.Equal((10 - i, TimeSpan.Zero, false), (loop.Lag, loop.Stalled, loop.IsStuck));
            _clock.Advance(TimeSpan.FromMinutes(2));
        }

        loop.Measure(10);
        Assert.Equal((TimeSpan.FromMinutes(2), true), (loop.Stalled, loop.IsStuck));
    }

    [Theory]
    [InlineData(10L, 10, 0)]
    [InlineData(12L, 10, 0)]
    [InlineData(null, 10, 0)]
    [InlineData(3L, 10, 7)]
    public void A_loop_at_its_head_or_ahead_of_it_or_of_another_node_is_not_behind(long? position, long head, long lag)
    {
        var loop = Loop("a", 0, position);
        loop.Measure(head);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((lag, lag > 0), (loop.Lag, loop.IsStuck));
        Assert.False(loop.IsAlive); // It gave no sign of life for an hour.
    }

    [Theory]
    [InlineData(0, "1 s")]
    [InlineData(0.4, "1 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(3_599, "59 min")]
    [InlineData(3_600, "1 h")]
    [InlineData(47 * 3_600, "47 h")]
    [InlineData(48 * 3_600, "2 days")]
    public void Durations_are_told_in_one_figure(double seconds, string text) =>
        Assert.Equal(text, RoughTime.Of(TimeSpan.FromSeconds(seconds)));

    private Heartbeat Loop(string name, int shard, long? position)
    {
        var loop = _heartbeats.Of(name, TimeSpan.FromMinutes(1), shard);
        loop.Position = position;
        return loop;
    }
}
