namespace Monolith.Drills;

/// <summary>Waits for work that hosts still have before them, as long as it goes on.</summary>
internal static class Remainder
{
    // Longer than the lease of a worker that was killed, after which its job goes on.
    private static readonly TimeSpan _standstill = TimeSpan.FromSeconds(60);

    /// <summary>Counts until nothing is left, or until a minute has passed in which it became no less.</summary>
    /// <remarks>What is left then is for the audit to find.</remarks>
    public static async Task WaitAsync(Func<Task<long>> count, CancellationToken cancellationToken)
    {
        var (least, moved) = (long.MaxValue, TimeProvider.System.GetTimestamp());
        while (await count() is var left and > 0)
        {
            if (left < least)
            {
                (least, moved) = (left, TimeProvider.System.GetTimestamp());
            }
            else if (TimeProvider.System.GetElapsedTime(moved) > _standstill)
            {
                return;
            }

            await Task.Delay(100, cancellationToken);
        }
    }
}
