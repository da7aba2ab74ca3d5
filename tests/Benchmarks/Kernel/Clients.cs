using System.Diagnostics;

namespace Monolith.Benchmarks.Kernel;

/// <summary>Clients that each do one thing after the other.</summary>
internal static class Clients
{
    // Long enough for hundreds of batches, short enough that a round of all contenders sees the same machine.
    private static readonly TimeSpan _duration = TimeSpan.FromMilliseconds(700);

    /// <summary>Lets clients run for a while.</summary>
    /// <param name="count">How many at once.</param>
    /// <param name="once">What client n does the nth time.</param>
    /// <returns>How often per second.</returns>
    public static async Task<double> RunAsync(int count, Func<int, int, Task> once)
    {
        var start = Stopwatch.GetTimestamp();
        var done = await Task.WhenAll(Enumerable.Range(0, count).Select(client => Task.Run(async () =>
        {
            var times = 0;
            while (Stopwatch.GetElapsedTime(start) < _duration)
            {
                await once(client, times++);
            }

            return times;
        })));
        return done.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
