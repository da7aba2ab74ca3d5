namespace Monolith.Jobs;

/// <summary>
/// Spaces the attempts of a job: exponential with full jitter, so that jobs that failed together do not come back together.
/// </summary>
internal static class RetryDelay
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _cap = TimeSpan.FromMinutes(5);

    /// <param name="attempt">The one that failed, from 1.</param>
    /// <param name="chance">At least 0, below 1.</param>
    public static TimeSpan After(int attempt, double chance) => chance * Backoff.Of(attempt, _first, _cap);
}
