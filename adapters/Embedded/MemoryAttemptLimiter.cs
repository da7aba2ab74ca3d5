using System.Collections.Concurrent;

namespace Monolith.Adapters.Embedded;

/// <summary>Counts failures in this process: a restart forgets, and several nodes count apart.</summary>
internal sealed class MemoryAttemptLimiter(TimeProvider clock) : IAttemptLimiter
{
    // A bound on memory under a distributed attack; about 10 MB. What is forgotten early gets its free tries again.
    private const int MaxKeys = 100_000;

    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public ValueTask<TimeSpan> WaitAsync(string key, CancellationToken cancellationToken)
    {
        var wait = _failures.TryGetValue(key, out var failures) ? failures.BlockedUntil - clock.GetUtcNow() : TimeSpan.Zero;
        return ValueTask.FromResult(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
    }

    /// <inheritdoc />
    public ValueTask FailedAsync(string key, int free, CancellationToken cancellationToken)
    {
        if (_failures.Count >= MaxKeys)
        {
            Forget();
        }

        var now = clock.GetUtcNow();
        _failures.AddOrUpdate(
            key, _ => Count(0, free, now), (_, former) => Count(now - former.Last > IAttemptLimiter.Memory ? 0 : former.Count, free, now));
        return default;
    }

    /// <inheritdoc />
    public ValueTask SucceededAsync(string key, CancellationToken cancellationToken)
    {
        _failures.TryRemove(key, out _);
        return default;
    }

    private static Failures Count(int former, int free, DateTimeOffset now)
    {
        var excess = former + 1 - free;
        var wait = excess <= 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(IAttemptLimiter.LongestWait.TotalSeconds, Math.Pow(2, Math.Min(excess - 1, 20))));
        return new Failures(former + 1, now, now + wait);
    }

    private void Forget()
    {
        var oldest = clock.GetUtcNow() - IAttemptLimiter.Memory;
        foreach (var (key, failures) in _failures)
        {
            if (failures.Last < oldest || _failures.Count > MaxKeys / 2)
            {
                _failures.TryRemove(key, out _);
            }
        }
    }

    private readonly record struct Failures(int Count, DateTimeOffset Last, DateTimeOffset BlockedUntil);
}
