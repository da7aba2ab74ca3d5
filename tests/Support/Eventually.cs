namespace Monolith.Support;

/// <summary>
/// Waits for what must come. Its limit ends a wait that would never end; it says nothing about how fast something has to be.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    /// <summary>Awaits a task; throws when it never ends.</summary>
    public static Task<T> ComesAsync<T>(Task<T> task) => task.WaitAsync(_limit);

    /// <summary>Waits until something is so.</summary>
    /// <param name="isSo">Is asked again and again.</param>
    /// <param name="otherwise">Says in the failure what there is instead.</param>
    public static Task IsSoAsync(Func<bool> isSo, Func<string?>? otherwise = null) => IsSoAsync(() => Task.FromResult(isSo()), otherwise);

    /// <inheritdoc cref="IsSoAsync(Func{bool}, Func{string?}?)" />
    public static async Task IsSoAsync(Func<Task<bool>> isSo, Func<string?>? otherwise = null)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await isSo(); await Task.Delay(10))
        {
            ThrowWhenOver(started, otherwise);
        }
    }

    /// <summary>Looks until the probe gives something.</summary>
    public static async Task<T> FindAsync<T>(Func<Task<T?>> probe, string what)
        where T : class
    {
        T? found;
        for (var started = TimeProvider.System.GetTimestamp(); (found = await probe()) is null; await Task.Delay(50))
        {
            ThrowWhenOver(started, () => what);
        }

        return found;
    }

    /// <summary>Awaits a task while time passes, fifty times as fast as in the world.</summary>
    public static async Task<T> ComesAsync<T>(ValueTask<T> task, FakeClock clock, TimeSpan? step = null)
    {
        var waiting = task.AsTask();
        for (var started = TimeProvider.System.GetTimestamp(); !waiting.IsCompleted; await Task.Delay(1))
        {
            ThrowWhenOver(started, null);
            clock.Advance(step ?? TimeSpan.FromMilliseconds(50));
        }

        return await waiting;
    }

    /// <summary>Ends a wait that began at a timestamp and has come to the limit.</summary>
    internal static void ThrowWhenOver(long started, Func<string?>? otherwise)
    {
        if (TimeProvider.System.GetElapsedTime(started) > _limit)
        {
            throw new TimeoutException($"Not within {_limit.TotalSeconds} s: {otherwise?.Invoke()}");
        }
    }
}
