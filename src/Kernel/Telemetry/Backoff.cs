namespace Monolith.Kernel.Telemetry;

/// <summary>Spaces attempts: each pause is twice the one before it, up to the longest.</summary>
/// <param name="first">The pause after the first failure.</param>
/// <param name="longest">What no pause exceeds.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private int _failures;

    /// <summary>Tells how long to pause after a failure.</summary>
    public TimeSpan Next() => Of(++_failures, first, longest);

    /// <summary>Begins with the first pause again: an attempt succeeded.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Tells how long to pause after an attempt that failed.</summary>
    /// <param name="attempt">The one that failed, from 1.</param>
    /// <param name="first">The pause after the first.</param>
    /// <param name="longest">What no pause exceeds.</param>
    public static TimeSpan Of(int attempt, TimeSpan first, TimeSpan longest)
    {
        // A larger exponent would only overflow: 2^30 times the shortest pause is above every longest one.
        var pause = first * Math.Pow(2, Math.Min(attempt - 1, 30));
        return pause < longest ? pause : longest;
    }
}
