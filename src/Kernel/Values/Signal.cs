namespace Monolith.Kernel.Values;

/// <summary>Wakes every waiter. A hint: a waiter also looks by itself now and then.</summary>
public sealed class Signal
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking, so that nothing can slip in between.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Wakes every waiter.</summary>
    public void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    /// <summary>Waits for a hint taken before, but no longer than a limit.</summary>
    public static async Task WaitAsync(Task next, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await next.WaitAsync(limit, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Polling is the net under the hint: waiting long enough is as good as being woken.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
