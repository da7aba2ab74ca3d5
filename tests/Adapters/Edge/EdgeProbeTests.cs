
namespace Monolith.Adapters.Tests.Edge;

/// <summary>Whether readers are sent to the edge, as it comes and goes. Time is the test's.</summary>
public sealed class EdgeProbeTests : IAsyncLifetime
{
    private static readonly TimeSpan _promise = TimeSpan.FromSeconds(10);

    private readonly FakeClock _clock = new();
    private TestWeb _cdn = null!; // Made before every test.
    private StartedEdge _edge = null!; // As above.

    private string Url => _edge.Edge.UrlFor("/m/1");

    private string AtTheEdge => $"http://127.0.0.1:{_cdn.Port}/m/1";

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        _cdn = await TestWeb.StartAsync();
        _edge = await StartAsync();
        await Eventually.IsSoAsync(() => Url == AtTheEdge);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _cdn.DisposeAsync();
    }

    [Fact]
    public async Task Sends_readers_to_the_origin_within_the_promise_when_the_edge_refuses_connections()
    {
        await _cdn.StopAsync();

        Assert.InRange(await LostAfterAsync(), TimeSpan.FromSeconds(2), _promise);
        Assert.Equal($"The edge 127.0.0.1:1 is not used: Connection refused", _edge.Fault);
    }

    [Fact]
    public async Task Sends_readers_to_the_origin_within_the_promise_when_the_edge_hangs()
    {
        _cdn.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);

        Assert.InRange(await LostAfterAsync(hangs: true), TimeSpan.FromSeconds(2), _promise);
        Assert.Contains("does not answer in time", _edge.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task Takes_an_edge_that_does_not_show_us_for_lost(int status)
    {
        _cdn.Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };

        Assert.InRange(await LostAfterAsync(), TimeSpan.FromSeconds(2), _promise);
        Assert.Contains($"it answers {status}", _edge.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_mind_one_bad_answer()
    {
        var count = 0;
        _cdn.Answer = context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref count) % 2 == 0 ? 200 : 500;
            return Task.CompletedTask;
        };

        await TimePassesAsync(() => count >= 6);

        Assert.Equal(AtTheEdge, Url);
        Assert.Null(_edge.Fault);
    }

    [Fact]
    public async Task Comes_back_after_as_many_good_answers_in_a_row_as_it_was_told()
    {
        var (count, bad) = (0, int.MaxValue);
        _cdn.Answer = context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref count) <= bad ? 500 : 200;
            return Task.CompletedTask;
        };
        await LostAfterAsync();

        // Two good ones, then a bad one, then three.
        (count, bad) = (0, 0);
        await TimePassesAsync(() => count == 2);
        Assert.Equal("/m/1", Url);
        (count, bad) = (0, 1);
        await TimePassesAsync(() => count >= 3);
        Assert.Equal("/m/1", Url);
        Assert.NotNull(_edge.Fault);
        await TimePassesAsync(() => Url == AtTheEdge);

        Assert.Equal(4, count);
        Assert.Null(_edge.Fault);
    }

    [Fact]
    public async Task Begins_at_the_origin_while_the_edge_was_never_seen_and_uses_it_at_its_first_good_answer_before_it_counts_as_lost()
    {
        await _edge.DisposeAsync();
        var isWell = false;
        var count = 0;
        _cdn.Answer = context =>
        {
            Interlocked.Increment(ref count);
            context.Response.StatusCode = isWell ? 200 : 500;
            return Task.CompletedTask;
        };
        _edge = await StartAsync();
        await Eventually.IsSoAsync(() => count == 1);
        Assert.Equal("/m/1", Url);
        Assert.Null(_edge.Fault);

        isWell = true;
        await TimePassesAsync(() => Url == AtTheEdge);

        Assert.Equal(2, count);
    }

    [Fact]
    public async Task Gives_a_sign_of_life_with_each_look()
    {
        _clock.Advance(TimeSpan.FromMinutes(10));

        await TimePassesAsync(() => _edge.Pulse.Silence < TimeSpan.FromSeconds(3));

        Assert.Equal("edge.probe", _edge.Pulse.Loop);
    }

    private Task<StartedEdge> StartAsync() => StartedEdge.StartAsync(
        $"purge+http://127.0.0.1:1/purge?header=Surrogate-Key&url=http://127.0.0.1:{_cdn.Port}", _clock);

    private async Task<TimeSpan> LostAfterAsync(bool hangs = false)
    {
        var start = _clock.GetUtcNow();
        await TimePassesAsync(() => Url == "/m/1", hangs);
        return _clock.GetUtcNow() - start;
    }

    // A look goes over a real connection and may take as long as it takes: beside the timer between two looks there is that of its limit,
    // and time stands still until it ended, unless it has to hang.
    private Task TimePassesAsync(Func<bool> isSo, bool hangs = false) => Eventually.IsSoAsync(() =>
    {
        if (hangs || _clock.Timers == 1)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        return isSo();
    });
}
