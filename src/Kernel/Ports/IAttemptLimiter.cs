namespace Monolith.Kernel.Ports;

/// <summary>Counts failures, so that a caller that keeps failing waits longer each time. No account is locked for good.</summary>
/// <remarks>
/// Every adapter passes <c>AttemptLimiterContract</c>. An adapter that counts for all nodes counts for this process alone while it cannot
/// reach the others: no call fails because something is unavailable. Calls are safe from any thread.
/// </remarks>
public interface IAttemptLimiter
{
    /// <summary>What the wait grows to at most.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    /// <summary>How long failures count after the last one.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    /// <summary>Tells how long a key still has to wait; zero when it need not.</summary>
    ValueTask<TimeSpan> WaitAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Counts a failure. The first after those that are free has a wait of one second as its consequence, each further one twice as long.
    /// </summary>
    /// <param name="key">Whose failure; any text.</param>
    /// <param name="free">How many failures have no consequence.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask FailedAsync(string key, int free, CancellationToken cancellationToken);

    /// <summary>Forgets the failures of a key.</summary>
    ValueTask SucceededAsync(string key, CancellationToken cancellationToken);
}
