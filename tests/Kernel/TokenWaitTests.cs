using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

/// <summary>
/// A request waits 250 ms in all, however often and for whatever it waits. The clock stands still but for what a test lets pass.
/// </summary>
public sealed class TokenWaitTests : IAsyncDisposable
{
    private static readonly TimeSpan _almostAll = TokenWait.Longest - TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(1);

    private readonly FakeClock _clock = new();
    private readonly TestNode _node;

    public TokenWaitTests() => _node = new TestNode([new MemoryStore(_clock), new MemoryStore(_clock)], _clock);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Is_met_at_once_by_the_logs_that_the_token_came_from()
    {
        await HappenAsync();
        await using var scope = _node.Scope();

        Assert.True(await LogsAsync(scope, "0:1,1:1"));
        Assert.True(await LogsAsync(scope, "0:0"));
    }

    [Fact]
    public async Task Waits_until_the_log_is_there()
    {
        await using var scope = _node.Scope();
        var waiting = LogsAsync(scope, "0:1,1:1");
        Assert.False(waiting.IsCompleted);

        await HappenAsync();

        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Stops_after_250_ms_in_all_however_many_logs_are_behind()
    {
        await using var scope = _node.Scope();
        var waiting = LogsAsync(scope, "0:1,1:1");

        _clock.Advance(_almostAll);
        Assert.False(waiting.IsCompleted);
        _clock.Advance(_rest);

        Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Asks_every_log_before_it_waits_for_any()
    {
        var asked = new List<int>();
        await using var node = new TestNode([Told(0), Told(1)], _clock);
        await using var scope = node.Scope();
        using var end = new CancellationTokenSource();
        asked.Clear();

        var waiting = scope.ServiceProvider.GetRequiredService<TokenWait>().ForLogsAsync(Token("0:1,1:1"), end.Token);

        Assert.Equal([0, 1], asked); // A store in memory answers at once.
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        IStore Told(int shard) => InterceptedStore.Before(new MemoryStore(_clock), method =>
        {
            if (method == nameof(IStore.HeadAsync))
            {
                asked.Add(shard);
            }
        });
    }

    [Fact]
    public async Task What_one_wait_took_is_gone_for_the_next_one_of_the_request()
    {
        await using var scope = _node.Scope();
        var logs = LogsAsync(scope, "1:1");
        _clock.Advance(_almostAll);
        await HappenAsync();
        Assert.True(await logs.WaitAsync(TimeSpan.FromSeconds(30)));

        scope.ServiceProvider.GetRequiredService<CommitScope>().Demanded = Token("1:1");
        var views = scope.ServiceProvider.GetRequiredService<FollowedViews>();
        var first = views.FindAsync<Chronicle>(ChronicleProjection.ViewName, "a", default);
        Assert.False(first.IsCompleted);
        _clock.Advance(_rest);

        await Assert.ThrowsAsync<NotCaughtUpException>(() => first.WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAsync<NotCaughtUpException>(
            () => views.FindAsync<Chronicle>(ChronicleProjection.ViewName, "a", default).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Another_request_has_a_time_of_its_own()
    {
        await using (var late = _node.Scope())
        {
            var waiting = LogsAsync(late, "0:1");
            _clock.Advance(TokenWait.Longest);
            Assert.False(await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        }

        await using var scope = _node.Scope();
        var next = LogsAsync(scope, "0:1");
        Assert.False(next.IsCompleted);
        await HappenAsync();
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Ends_with_the_request()
    {
        await using var scope = _node.Scope();
        using var aborted = new CancellationTokenSource();
        var waiting = scope.ServiceProvider.GetRequiredService<TokenWait>().ForLogsAsync(Token("0:1"), aborted.Token);

        await aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("2:0")]
    [InlineData("0.2:1")]
    [InlineData("0:1,e2")]
    public async Task Is_not_met_at_once_by_what_nothing_here_knows_of(string token)
    {
        await HappenAsync();
        await using var scope = _node.Scope();
        var wait = scope.ServiceProvider.GetRequiredService<TokenWait>();

        var resolved = await wait.ResolveAsync(Token(token), default);

        Assert.False(await wait.ForLogsAsync(resolved, default)); // The clock stands still: no time was waited.
    }

    [Fact]
    public async Task What_was_removed_is_met_once_the_map_was_read_again()
    {
        var map = new Growing();
        await using var shards = new Shards(map, [new MemoryStore(_clock)]);
        var wait = new TokenWait(shards, _clock);

        var before = await wait.ResolveAsync(Token("0:0,1:77,e1"), default);
        map.Next = new ShardSpread(2, [ShardState.Active, ShardState.Removed], [(0, 0)]);
        var after = await wait.ResolveAsync(Token("0:0,1:77,e2"), default);

        Assert.False(await wait.ForLogsAsync(before, default));
        Assert.Equal("0:0,e2", after.ToString());
        Assert.True(await wait.ForLogsAsync(after, default));
        Assert.Equal(2, map.Reads);
        await wait.ResolveAsync(Token("0:0,1:78,e2"), default);
        Assert.Equal(2, map.Reads); // Known by now.
    }

    private static ConsistencyToken Token(string text)
    {
        Assert.True(ConsistencyToken.TryParse(text, out var token), text);
        return token;
    }

    private static Task<bool> LogsAsync(AsyncServiceScope scope, string token) =>
        scope.ServiceProvider.GetRequiredService<TokenWait>().ForLogsAsync(Token(token), default);

    private async Task HappenAsync()
    {
        await _node.HappenAsync(Thing.Stream("a", bucket: 0), "1");
        await _node.HappenAsync(Thing.Stream("b", bucket: 1), "1");
    }

    // One shard, until others are heard of.
    private sealed class Growing : IShardMap
    {
        public ShardSpread Next { get; set; } = new(1, [ShardState.Active], [(0, 0)]);

        public int Reads { get; private set; }

        public ShardSpread Current { get; private set; } = new(1, [ShardState.Active], [(0, 0)]);

        public ValueTask<IReadOnlyList<int>> OpenAsync(
            IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken) => new([0]);

        public ValueTask RefreshAsync(CancellationToken cancellationToken)
        {
            (Current, Reads) = (Next, Reads + 1);
            return default;
        }
    }
}
