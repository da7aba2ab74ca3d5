using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Monolith.Support;

/// <summary>A real Redis on a free loopback port, with data that is thrown away.</summary>
public sealed class RedisTestServer : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-redis-").FullName;
    private readonly string[] _settings;
    private CapturedProcess? _process;
    private string? _file;

    private RedisTestServer(string[] settings) => _settings = settings;

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(d => File.Exists(Path.Combine(d, "redis-server"))) ? null : "Redis is not installed (Debian: redis-server).";

    /// <summary>Starts a server.</summary>
    /// <param name="settings">Further settings, as on the command line.</param>
    public static async Task<RedisTestServer> StartAsync(params string[] settings)
    {
        var server = new RedisTestServer(settings);
        await server.LaunchAsync();
        return server;
    }

    /// <summary>Starts a sentinel that watches a server under the name <c>group</c> and is alone to decide.</summary>
    public static async Task<RedisTestServer> WatchAsync(RedisTestServer master)
    {
        var sentinel = new RedisTestServer(["--sentinel"]) { _file = "sentinel.conf" };
        await File.WriteAllTextAsync(
            Path.Combine(sentinel._folder, sentinel._file),
            $"""
            sentinel monitor group 127.0.0.1 {master.Port} 1
            sentinel down-after-milliseconds group 500
            sentinel failover-timeout group 2000
            """);
        await sentinel.LaunchAsync();
        return sentinel;
    }

    /// <summary>Its URL.</summary>
    public string Url(string more = "") => $"redis://127.0.0.1:{Port}{more}";

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public void Kill() => _process!.Kill(); // It runs: who has one has started it.

    /// <summary>Starts it again, on the same port and data.</summary>
    public Task RestartAsync() => LaunchAsync();

    /// <summary>Keeps it from running, without closing anything.</summary>
    public void Hang() => _process!.Signal(Stop); // see Kill

    /// <summary>Lets it run on.</summary>
    public void Resume() => _process!.Signal(Continue); // see Kill

    /// <summary>Asks it something, by the plainest client there is.</summary>
    /// <returns>The first line of its answer.</returns>
    public async Task<string> AskAsync(params string[] command) => (await AskAllAsync(command)).Split("\r\n")[0];

    /// <summary>Asks it something whose answer is longer.</summary>
    public async Task<string> AskAllAsync(params string[] command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        await using var stream = client.GetStream();
        var text = $"*{command.Length}\r\n" + string.Concat(command.Select(part => $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        client.Client.Shutdown(SocketShutdown.Send); // It answers, and ends when it finds that there is nothing more.
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync()
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            Port = Port == 0 ? FreePort.Next() : Port;
            _process = new CapturedProcess(new ProcessStartInfo(
                "redis-server",
                [
                    .. _file is null ? ["--save", "", "--appendonly", "no"] : new[] { _file },
                    "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder, .. _settings,
                ])
            { WorkingDirectory = _folder });
            while (!_process.HasExited)
            {
                if (await AnswersAsync())
                {
                    return;
                }

                await Task.Delay(10);
            }

            // The port of one that was killed may be in use for a moment more; a free one may be taken by another process.
            if (waited.Elapsed > _limit)
            {
                throw new InvalidOperationException($"Redis does not start; it wrote:\n{_process.Output}");
            }

            await Task.Delay(50);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            // With a password it refuses; also an answer.
            return await AskAsync("PING") is ['+', ..] or ['-', 'N', ..];
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
