namespace Monolith.Modules.Tests;

/// <summary>Waits for what must come, and no longer than it may take.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks until the answer is the one that must come; fails with the last answer.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> isIt)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isIt(answer))
            {
                return answer;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"Still {answer} after {Limit.TotalSeconds} s.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until it is so.</summary>
    public static Task BecomesAsync(Func<bool> isSo) => GetAsync(() => Task.FromResult(isSo()), so => so);
}
