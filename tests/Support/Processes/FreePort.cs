using System.Net;
using System.Net.Sockets;

namespace Monolith.Support;

/// <summary>Finds ports for servers that must know theirs before they start.</summary>
internal static class FreePort
{
    // Below the ranges that Linux (32768) and macOS (49152) give to outgoing connections, which come and go all the time.
    private const int First = 20_000;
    private const int Last = 30_000;

    // From a different place in each process, so that two runs at once seldom try the same; each port once per process.
    private static int _last = Random.Shared.Next(First, Last);

    /// <summary>A port that no process listens on now; the caller starts again with another if it is taken after all.</summary>
    public static int Next()
    {
        for (var tries = First; tries < Last; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % (Last - First));
            if (IsFree(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || IsFree(IPAddress.IPv6Loopback, port)))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {Last}");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return true; // IPv6 is known but switched off: no process can take it there
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
