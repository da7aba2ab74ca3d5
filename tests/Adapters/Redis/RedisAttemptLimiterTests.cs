using Monolith.Adapters.Redis;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Redis;

public sealed class RedisAttemptLimiterTests : AttemptLimiterContract
{
    private readonly RedisLinks _links = new();
    private readonly FakeClock _clock = new();
    private RedisTestServer _server = null!; // Set before any test by StartAsync.
    private RedisAttemptLimiter _limits = null!; // see above
    private RedisLink _link = null!; // see above

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override TimeSpan Slack => TimeSpan.FromSeconds(3);

    protected override async ValueTask<IAttemptLimiter> StartAsync()
    {
        _server = await RedisLinks.ServerAsync();
        (_limits, _link) = await _links.LimitsAsync(_server.Url(), _clock);
        return _limits;
    }

    // For the server: what is left of each wait and of each key's life is cut by as much.
    protected override async ValueTask PassAsync(TimeSpan time) => await _server.AskAsync(
        "EVAL",
        """
        for _, key in ipairs(redis.call('keys', 'monolith:l:*')) do
          redis.call('hincrby', key, 'until', -tonumber(ARGV[1]))
          redis.call('pexpire', key, redis.call('pttl', key) - tonumber(ARGV[1]))
        end
        return 1
        """,
        "0",
        $"{time.TotalMilliseconds}");

    protected override async ValueTask StopAsync()
    {
        await _links.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Counts_the_failures_of_all_nodes_together_to_the_last_one()
    {
        var (other, _) = await _links.LimitsAsync(_server.Url(), _clock);

        await Task.WhenAll(FailAsync(_limits, 60), FailAsync(other, 40));
        Assert.Equal(TimeSpan.Zero, await other.WaitAsync("key", Cancellation));
        await FailAsync(other, 6);

        Assert.InRange(await _limits.WaitAsync("key", Cancellation), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(32));
        await _limits.SucceededAsync("key", Cancellation);
        Assert.Equal(TimeSpan.Zero, await other.WaitAsync("key", Cancellation));
    }

    [Fact]
    public async Task Counts_in_this_process_while_Redis_is_unavailable_what_failed_here_before_and_since()
    {
        await FailAsync(_limits, 100);

        _server.Kill();
        await FailAsync(_limits, 4);
        Assert.Equal(TimeSpan.FromSeconds(8), await _limits.WaitAsync("key", Cancellation));

        await _server.RestartAsync();
        await Eventually.IsSoAsync(() => _link.Fault is null, () => _link.Fault);
        Assert.Equal(TimeSpan.Zero, await _limits.WaitAsync("key", Cancellation)); // It has forgotten; and counts again.
        await FailAsync(_limits, 106);
        Assert.NotEqual(TimeSpan.Zero, await _limits.WaitAsync("key", Cancellation));
    }

    [Fact]
    public async Task Does_not_tell_Redis_whose_failures_they_are()
    {
        await _limits.FailedAsync("ada@example.org", 1, Cancellation);

        var keys = await _server.AskAllAsync("KEYS", "*");

        Assert.Contains("monolith:l:", keys, StringComparison.Ordinal);
        Assert.DoesNotContain("ada", keys, StringComparison.Ordinal);
    }

    private static async Task FailAsync(RedisAttemptLimiter limits, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await limits.FailedAsync("key", free: 100, Cancellation);
        }
    }
}
