using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests;

public sealed class NodesTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly List<TestNode> _started = [];
    private readonly IStore _store;
    private Action<string> _beforeStore = _ => { };

    public NodesTests() => _store = InterceptedStore.Before(new MemoryStore(_clock), method => _beforeStore(method));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _started)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Know_each_other_by_the_signs_that_they_leave()
    {
        var (web, worker) = (Start("web"), Start("worker"));
        Assert.True(web.Has("worker")); // It has not looked yet, so it misses no role.

        await web.LookAsync(default);
        Assert.False(web.Has("worker"));

        await worker.SignAsync(default);
        await web.LookAsync(default);

        Assert.True(web.Has("worker"));
        Assert.Equal(["web", "worker"], web.All.SelectMany(n => n.Roles));
        Assert.All(web.All, n => Assert.True(n.IsAlive));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)] // The last sign was left right after a look.
    public async Task Count_one_as_dead_40_s_after_its_last_sign_at_most_and_not_before_it_missed_two(int seen)
    {
        var (web, worker) = (Start("web"), Start("worker"));
        await worker.SignAsync(default);
        await web.LookAsync(default);
        await worker.SignAsync(default);
        _clock.Advance(TimeSpan.FromSeconds(seen));
        await web.LookAsync(default);

        var alive = new List<bool>();
        for (var at = seen + 10; at <= 40; at += 10)
        {
            _clock.Advance(Nodes.Interval);
            await web.LookAsync(default);
            alive.Add(web.Has("worker"));
        }

        Assert.Equal([true, true, false], alive.Take(3));
        Assert.False(alive[^1]);
        await worker.SignAsync(default);
        await web.LookAsync(default);
        Assert.True(web.Has("worker"));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(-40)]
    [InlineData(40)]
    [InlineData(3600)]
    public async Task Know_each_other_though_their_clocks_differ(int seconds)
    {
        var other = new FakeClock();
        if (seconds > 0)
        {
            other.Advance(TimeSpan.FromSeconds(seconds));
        }
        else
        {
            _clock.Advance(TimeSpan.FromSeconds(-seconds));
        }

        var (web, worker) = (Start("web"), Start("worker", other));
        await worker.SignAsync(default);
        await web.LookAsync(default);
        for (var i = 0; i < 10; i++)
        {
            _clock.Advance(Nodes.Interval);
            other.Advance(Nodes.Interval);
            await worker.SignAsync(default);
            await web.LookAsync(default);

            Assert.True(web.Has("worker"));
        }
    }

    [Fact]
    public async Task Do_not_take_the_sign_of_a_node_that_died_long_ago_for_life()
    {
        await Start("worker").SignAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(3));
        var web = Start("web");

        await web.LookAsync(default);

        Assert.False(web.Has("worker"));
        Assert.Equal(TimeSpan.FromMinutes(3), web.All[1].Silence);
    }

    [Fact]
    public async Task Know_at_once_of_one_that_ends_in_an_orderly_way()
    {
        var (web, worker) = (Start("web"), Start("worker"));
        await worker.SignAsync(default);
        await web.LookAsync(default);

        await worker.LeaveAsync();
        await web.LookAsync(default);

        Assert.Single(web.All);
        Assert.Null(await SignsAsync());
    }

    [Fact]
    public async Task Forget_one_that_has_been_silent_for_ten_minutes_and_know_it_again_when_it_only_slept()
    {
        var (web, worker) = (Start("web"), Start("worker"));
        await worker.SignAsync(default);
        await web.LookAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(9));
        await web.LookAsync(default);
        Assert.False(Assert.Single(web.All.Skip(1)).IsAlive);

        _clock.Advance(TimeSpan.FromMinutes(1));
        await web.LookAsync(default);
        Assert.Null(await SignsAsync());
        Assert.Single(web.All);

        await worker.SignAsync(default);
        await web.LookAsync(default);
        Assert.True(web.Has("worker"));
    }

    [Fact]
    public async Task Are_any_number()
    {
        var web = Start("web");
        for (var i = 0; i < 450; i++)
        {
            await Start(i == 449 ? "worker" : "web").SignAsync(default);
        }

        await web.LookAsync(default);

        Assert.Equal(451, web.All.Count);
        Assert.True(web.Has("worker"));
    }

    [Fact]
    public async Task Leave_one_sign_in_ten_seconds_and_go_on_after_the_store_was_unavailable()
    {
        var (web, worker) = (Start("web"), Start("worker"));
        var (commits, isUnavailable) = (0, false);
        _beforeStore = method =>
        {
            commits += method == nameof(IStore.CommitAsync) ? 1 : 0;
            if (isUnavailable)
            {
                throw new StoreUnavailableException("It is unavailable.", isFull: false, cause: null);
            }
        };
        using var heartbeats = new Heartbeats(_clock);
        using var signs = new NodeSigns(worker, heartbeats, _clock, NullLogger<NodeSigns>.Instance);
        await signs.StartAsync(default);
        await _clock.UntilAsync(() => Task.FromResult(commits > 0));
        var began = _clock.GetUtcNow();
        await _clock.UntilAsync(() => Task.FromResult(_clock.GetUtcNow() - began > TimeSpan.FromSeconds(100)));
        Assert.InRange(commits, 2, 12);

        isUnavailable = true;
        var tries = commits;
        await _clock.UntilAsync(() => Task.FromResult(commits > tries + 2));
        isUnavailable = false;
        await _clock.UntilAsync(async () =>
        {
            await web.LookAsync(default);
            return web.All.Count > 1 && web.All[1].Silence == TimeSpan.Zero;
        });

        await signs.StopAsync(default);
        await web.LookAsync(default);
        Assert.Single(web.All);
    }

    private async Task<Document?> SignsAsync() => (await _store.QueryAsync(new DocumentQuery(NodeSign.Kind, 1), default)).SingleOrDefault();

    private Nodes Start(string role, FakeClock? clock = null)
    {
        var node = new TestNode(_store, clock ?? _clock);
        _started.Add(node);
        return new Nodes(node.Get<Shards>(), node.Get<Node>(), [role], node.Get<StoredJson>(), clock ?? _clock);
    }
}
