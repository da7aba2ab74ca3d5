using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Slows down whoever keeps failing: some tries are free, then each failure doubles the wait. Nobody is locked out for good.</summary>
/// <remarks>Kept in this process: a restart forgets, and several nodes count apart. Safe from any thread.</remarks>
public sealed class Throttle
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    // A bound on memory under a distributed attack; about 10 MB. What is forgotten early gets its free tries again.
    private const int MaxKeys = 100_000;

    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);
    private readonly int _free;
    private readonly TimeProvider _clock;

    /// <param name="free">How many failures have no consequence.</param>
    /// <param name="clock">Tells the time.</param>
    public Throttle(int free, TimeProvider clock) => (_free, _clock) = (free, clock);

    /// <summary>Tells whether a key has to wait. The refusal says for how long.</summary>
    public bool IsBlocked(string key, out Error refusal)
    {
        var wait = _failures.TryGetValue(key, out var failures) ? failures.BlockedUntil - _clock.GetUtcNow() : TimeSpan.Zero;
        refusal = PlatformErrors.RateLimited with { RetryAfter = wait };
        return wait > TimeSpan.Zero;
    }

    /// <summary>Counts a failure.</summary>
    public void Failed(string key)
    {
        if (_failures.Count >= MaxKeys)
        {
            Forget();
        }

        var now = _clock.GetUtcNow();
        _failures.AddOrUpdate(key, _ => Count(0, now), (_, former) => Count(now - former.Last > Memory ? 0 : former.Count, now));
    }

    /// <summary>Forgets the failures of a key.</summary>
    public void Succeeded(string key) => _failures.TryRemove(key, out _);

    /// <summary>Names the network of an address, as one key: attackers have many addresses in one (/24 for IPv4, /48 for IPv6).</summary>
    public static string NetworkOf(IPAddress? address)
    {
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        return address is null ? "" : new IPNetwork(Mask(address), Prefix(address)).ToString();
    }

    private static int Prefix(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 24 : 48;

    private static IPAddress Mask(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Prefix(address) / 8).Clear();
        return new IPAddress(bytes);
    }

    private Failures Count(int former, DateTimeOffset now)
    {
        var excess = former + 1 - _free;
        var wait = excess <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(excess - 1, 20))));
        return new Failures(former + 1, now, now + wait);
    }

    private void Forget()
    {
        var oldest = _clock.GetUtcNow() - Memory;
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
