using System.Collections.Concurrent;

namespace Monolith.Kernel.Tests;

public sealed class RetryLoopTests
{
    private readonly FakeClock _clock = new();
    private readonly ConcurrentQueue<double> _pauses = new();
    private int _rounds;

    [Fact]
    public async Task Pauses_longer_after_each_failure_and_begins_again_after_a_success()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(_ => ++_rounds is 4 or > 6 ? Task.CompletedTask : throw new InvalidOperationException(), stop.Token);

        await _clock.UntilAsync(() => Task.FromResult(_rounds > 6));
        await stop.CancelAsync();
        await running;

        Assert.Equal([0.5, 1, 2, 0.5, 1], _pauses);
    }

    [Fact]
    public async Task Pauses_no_longer_than_it_may()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(_ => ++_rounds > 8 ? Task.CompletedTask : throw new InvalidOperationException(), stop.Token);

        await _clock.UntilAsync(() => Task.FromResult(_rounds > 8));
        await stop.CancelAsync();
        await running;

        Assert.Equal(10, _pauses.Max());
    }

    [Fact]
    public async Task Ends_without_an_exception_when_it_is_stopped_in_a_round()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(token => Task.Delay(Timeout.Infinite, token), stop.Token);

        await stop.CancelAsync();

        await running;
        Assert.Empty(_pauses);
    }

    [Fact]
    public async Task Takes_a_cancellation_that_is_not_its_own_for_a_failure()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(_ => ++_rounds > 1 ? Task.CompletedTask : throw new OperationCanceledException(), stop.Token);

        await _clock.UntilAsync(() => Task.FromResult(_rounds > 1));
        await stop.CancelAsync();
        await running;

        Assert.Equal([0.5], _pauses);
    }

    [Fact]
    public async Task Ends_when_a_round_says_that_nothing_is_left_to_do()
    {
        await RetryLoop.RunAsync(
            _ => Task.FromResult(++_rounds < 3), TimeSpan.FromSeconds(10), (_, _) => { }, _clock, TestContext.Current.CancellationToken);

        Assert.Equal(3, _rounds);
    }

    // Each round yields, as work does: a loop that never waits would not let its caller go.
    private Task RunAsync(Func<CancellationToken, Task> action, CancellationToken stopping) => RetryLoop.RunAsync(
        async token =>
        {
            await Task.Yield();
            await action(token);
        },
        TimeSpan.FromSeconds(10),
        (_, seconds) => _pauses.Enqueue(seconds),
        _clock,
        stopping);
}
