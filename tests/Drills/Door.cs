using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Monolith.Drills;

/// <summary>A way to a server on loopback that can be shut, while the server goes on for all others.</summary>
internal sealed class Door : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _through = new();
    private readonly int _behind;
    private volatile bool _isShut;

    public Door(int behind)
    {
        _behind = behind;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(); // Ends with the listener.
    }

    public int Port { get; }

    /// <summary>How many came while it was shut.</summary>
    public int Refused { get; private set; }

    public void Shut()
    {
        _isShut = true;
        foreach (var one in _through.Keys)
        {
            one.Dispose();
        }
    }

    public void Open() => _isShut = false;

    public void Dispose()
    {
        Shut();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (_isShut)
            {
                Refused++;
                client.Client.LingerState = new LingerOption(true, 0); // Reset, as by a server that is gone.
                client.Dispose();
            }
            else
            {
                _ = PassAsync(client); // Ends with either side.
            }
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var server = new TcpClient();
        _through[client] = _through[server] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _behind);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone.
        }
        finally
        {
            client.Dispose();
            _through.TryRemove(client, out _);
            _through.TryRemove(server, out _);
        }
    }
}
