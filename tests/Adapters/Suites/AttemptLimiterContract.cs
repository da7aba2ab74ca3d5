namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every counter of failures promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class AttemptLimiterContract : IAsyncLifetime
{
    private const int Free = 3;

    private IAttemptLimiter Limits { get; set; } = null!;

    /// <summary>How much of a wait may pass while it is asked for; nothing where the clock is the test's.</summary>
    protected virtual TimeSpan Slack => TimeSpan.Zero;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts without a failure.</summary>
    protected abstract ValueTask<IAttemptLimiter> StartAsync();

    /// <summary>Lets time go by.</summary>
    protected abstract ValueTask PassAsync(TimeSpan time);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Limits = await StartAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Lets_the_first_failures_pass()
    {
        await FailAsync(Free);

        Assert.Equal(TimeSpan.Zero, await WaitAsync());
    }

    [Fact]
    public async Task Doubles_the_wait_with_each_failure_after_that()
    {
        await FailAsync(Free);

        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 64 })
        {
            await FailAsync(1);
            await WaitsAsync(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public async Task Waits_a_quarter_of_an_hour_at_most_however_many_failures_there_were()
    {
        await FailAsync(100);

        await WaitsAsync(TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task Lets_go_on_when_the_wait_is_over()
    {
        await FailAsync(Free + 6);
        await PassAsync(TimeSpan.FromSeconds(32));

        Assert.Equal(TimeSpan.Zero, await WaitAsync());
    }

    [Fact]
    public async Task Forgets_at_a_success()
    {
        await FailAsync(10);
        await Limits.SucceededAsync("key", Cancellation);
        await FailAsync(Free);

        Assert.Equal(TimeSpan.Zero, await WaitAsync());
    }

    [Fact]
    public async Task Forgets_after_an_hour_without_a_failure()
    {
        await FailAsync(10);
        await PassAsync(TimeSpan.FromMinutes(61));
        await FailAsync(Free);

        Assert.Equal(TimeSpan.Zero, await WaitAsync());
    }

    [Fact]
    public async Task Counts_each_key_apart_whatever_is_in_it()
    {
        await FailAsync(10, "ada@example.org");

        Assert.Equal(TimeSpan.Zero, await WaitAsync("ada@example.com"));
        Assert.Equal(TimeSpan.Zero, await WaitAsync(""));
        Assert.NotEqual(TimeSpan.Zero, await WaitAsync("ada@example.org"));
    }

    [Fact]
    public async Task Counts_every_failure_however_many_come_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => FailAsync(10, free: 100), Cancellation)));
        Assert.Equal(TimeSpan.Zero, await WaitAsync());

        await FailAsync(4, free: 100);

        await WaitsAsync(TimeSpan.FromSeconds(8));
    }

    private async Task FailAsync(int times, string key = "key", int free = Free)
    {
        for (var i = 0; i < times; i++)
        {
            await Limits.FailedAsync(key, free, Cancellation);
        }
    }

    private async Task<TimeSpan> WaitAsync(string key = "key") => await Limits.WaitAsync(key, Cancellation);

    private async Task WaitsAsync(TimeSpan expected) =>
        Assert.InRange(await WaitAsync(), expected > Slack ? expected - Slack : TimeSpan.Zero, expected);
}
