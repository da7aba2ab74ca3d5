using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class MemoryAttemptLimiterTests : AttemptLimiterContract
{
    private readonly FakeClock _clock = new();

    protected override ValueTask<IAttemptLimiter> StartAsync() => ValueTask.FromResult<IAttemptLimiter>(new MemoryAttemptLimiter(_clock));

    protected override ValueTask PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Makes_a_throttle_say_when_to_come_back_and_only_to_those_it_is_about()
    {
        var limits = new MemoryAttemptLimiter(_clock);
        var throttle = new Throttle("log-in", free: 1, limits);

        await throttle.FailedAsync("key");
        Assert.Null(await throttle.RefusalAsync("key", TestContext.Current.CancellationToken));
        await throttle.FailedAsync("key");
        await throttle.FailedAsync("key");

        var refusal = await throttle.RefusalAsync("key", TestContext.Current.CancellationToken);
        Assert.Equal(("rate-limited", TimeSpan.FromSeconds(2)), (refusal?.Code, refusal?.RetryAfter));
        Assert.Null(await new Throttle("register", free: 1, limits).RefusalAsync("key", TestContext.Current.CancellationToken));
        await throttle.SucceededAsync("key");
        Assert.Null(await throttle.RefusalAsync("key", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0, 50_000)] // All of them are young: half must go all the same.
    [InlineData(1, 1)] // All of them are forgotten by now in any case.
    public async Task Forgets_what_is_old_or_half_of_all_when_it_would_grow_beyond_its_bound(int days, int left)
    {
        var limits = new MemoryAttemptLimiter(_clock);
        for (var i = 0; i < 100_000; i++)
        {
            await limits.FailedAsync($"{i}", free: 0, default);
        }

        _clock.Advance(days * IAttemptLimiter.Memory + TimeSpan.FromTicks(days));
        await limits.FailedAsync("another", free: 0, default);

        var blocked = 0;
        for (var i = 0; i < 100_000; i++)
        {
            blocked += await limits.WaitAsync($"{i}", default) > TimeSpan.Zero ? 1 : 0;
        }

        Assert.Equal(days == 0 ? left : 0, blocked);
        Assert.True(await limits.WaitAsync("another", default) > TimeSpan.Zero);
    }
}
