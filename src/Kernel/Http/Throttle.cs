using System.Net;
using System.Net.Sockets;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>
/// Slows down a caller that keeps failing: some tries are free, then each failure doubles the wait. Safe from any thread.
/// </summary>
/// <param name="name">What is tried; keeps throttles apart: <c>log-in</c>.</param>
/// <param name="free">How many failures have no consequence.</param>
/// <param name="limits">Counts them.</param>
public sealed class Throttle(string name, int free, IAttemptLimiter limits)
{
    /// <summary>Null when a key may try; otherwise the refusal, which says for how long it has to wait.</summary>
    public async ValueTask<Error?> RefusalAsync(string key, CancellationToken cancellationToken) =>
        await limits.WaitAsync(Named(key), cancellationToken) is { } wait && wait > TimeSpan.Zero
            ? PlatformErrors.RateLimited with { RetryAfter = wait }
            : null;

    /// <summary>Counts a failure, also of a caller that does not wait for the answer.</summary>
    public ValueTask FailedAsync(string key) => limits.FailedAsync(Named(key), free, CancellationToken.None);

    /// <summary>Forgets the failures of a key.</summary>
    public ValueTask SucceededAsync(string key) => limits.SucceededAsync(Named(key), CancellationToken.None);

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

    private string Named(string key) => $"{name}:{key}";
}
