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
}
