namespace Monolith.Adapters.Tests;

/// <summary>Waits for what must come, and no longer than it may take.</summary>
internal static class Eventually
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    /// <summary>Awaits a task; fails when it takes too long.</summary>
    public static async Task<T> ComesAsync<T>(Task<T> task) => await task.WaitAsync(_limit, TestContext.Current.CancellationToken);

    /// <summary>Waits until something is so.</summary>
    public static Task IsSoAsync(Func<bool> isSo, Func<string?>? otherwise = null) => IsSoAsync(() => Task.FromResult(isSo()), otherwise);

    /// <inheritdoc cref="IsSoAsync(Func{bool}, Func{string?}?)" />
    public static async Task IsSoAsync(Func<Task<bool>> isSo, Func<string?>? otherwise = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < _limit, $"Not within {_limit.TotalSeconds} s: {otherwise?.Invoke()}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Awaits a task while time passes, fifty times as fast as in the world.</summary>
    public static async Task<T> ComesAsync<T>(ValueTask<T> task, FakeClock clock, TimeSpan? step = null)
    {
        var waiting = task.AsTask();
        var started = TimeProvider.System.GetTimestamp();
        while (!waiting.IsCompleted && TimeProvider.System.GetElapsedTime(started) < _limit)
        {
            clock.Advance(step ?? TimeSpan.FromMilliseconds(50));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        return await waiting.WaitAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }
}
