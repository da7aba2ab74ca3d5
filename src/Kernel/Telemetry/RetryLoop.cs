namespace Monolith.Kernel.Telemetry;

/// <summary>Keeps background work going: what fails is tried again, slower each time, until the process stops.</summary>
public static class RetryLoop
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(0.5);

    /// <summary>Repeats an action until it is stopped.</summary>
    public static Task RunAsync(
        Func<CancellationToken, Task> action, TimeSpan longest, Action<Exception, double> failed, TimeProvider clock,
        CancellationToken stopping)
    {
        return RunAsync(GoOnAsync, longest, failed, clock, stopping);

        async Task<bool> GoOnAsync(CancellationToken cancellationToken)
        {
            await action(cancellationToken);
            return true;
        }
    }

    /// <summary>Repeats an action until it is stopped or has nothing more to do.</summary>
    /// <param name="action">One round of the work; the next follows at once where it returns true.</param>
    /// <param name="longest">The longest pause after failures.</param>
    /// <param name="failed">Learns of each failure and of the seconds until the next try; beats the heart of the loop, and logs.</param>
    /// <param name="clock">Measures the pauses.</param>
    /// <param name="stopping">Ends it, without an exception.</param>
    public static async Task RunAsync(
        Func<CancellationToken, Task<bool>> action, TimeSpan longest, Action<Exception, double> failed, TimeProvider clock,
        CancellationToken stopping)
    {
        var backoff = new Backoff(_first, longest);
        var pause = TimeSpan.Zero;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, clock, stopping);
                if (!await action(stopping))
                {
                    return;
                }

                pause = TimeSpan.Zero;
                backoff.Reset();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop must outlive whatever the work throws: it is logged and tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                pause = backoff.Next();
                failed(e, pause.TotalSeconds);
            }
        }
    }
}
