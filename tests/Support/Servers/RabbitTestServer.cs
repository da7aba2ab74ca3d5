using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Monolith.Support;

/// <summary>A real RabbitMQ on free loopback ports, with data that is thrown away, and an Erlang port mapper of its own.</summary>
public sealed class RabbitTestServer : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-rabbit-").FullName;
    private readonly int _mapperPort = FreePort.Next();
    private readonly int _nodesPort = FreePort.Next();
    private CapturedProcess? _mapper;
    private CapturedProcess? _process;

    private RabbitTestServer()
    {
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>Where it listens for TLS.</summary>
    public int TlsPort { get; } = FreePort.Next();

    /// <summary>Its certificate, in PEM.</summary>
    public string Certificate => Path.Combine(_folder, "server.crt");

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => Programs is not null ? null : "RabbitMQ is not installed (Debian: rabbitmq-server).";

    // Not what lies on the path: that one is a wrapper of Debian's, which works in one place only.
    private static string? Programs { get; } = !Directory.Exists("/usr/lib/rabbitmq/lib") ? null
        : Directory.GetDirectories("/usr/lib/rabbitmq/lib", "rabbitmq_server-*").Select(d => Path.Combine(d, "sbin"))
            .FirstOrDefault(Directory.Exists);

    /// <summary>Starts a server.</summary>
    public static async Task<RabbitTestServer> StartAsync()
    {
        var server = new RabbitTestServer();
        try
        {
            TestCertificate.Write(server.Certificate, Path.Combine(server._folder, "server.key"));
            await File.WriteAllTextAsync(Path.Combine(server._folder, "rabbitmq.conf"), $"""
                listeners.tcp.1 = 127.0.0.1:{server.Port}
                listeners.ssl.1 = 127.0.0.1:{server.TlsPort}
                ssl_options.certfile = {server.Certificate}
                ssl_options.keyfile = {Path.Combine(server._folder, "server.key")}
                ssl_options.cacertfile = {server.Certificate}
                ssl_options.verify = verify_none
                disk_free_limit.absolute = 50MB
                log.console = true
                log.file = false
                """);
            await File.WriteAllTextAsync(Path.Combine(server._folder, "enabled_plugins"), "[].");
            server._mapper = new CapturedProcess(server.Start("/usr/bin/epmd", "-address", "127.0.0.1", "-port", $"{server._mapperPort}"));
            await server.LaunchAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its URL.</summary>
    public string Url(string more = "") => $"amqp://127.0.0.1:{Port}{more}";

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    /// <remarks>
    /// A queue that was made less than 3 s before has no leader ever after, because the file with the names of all queues is written late
    /// (rabbitmq/rabbitmq-server#10070). That is not what is tested here, so it is written first.
    /// </remarks>
    public async Task KillAsync()
    {
        await ControlAsync("eval", "[dets:sync(T) || T <- dets:all()].");
        _process!.Kill(); // It runs: who has one has started it.
    }

    /// <summary>Keeps it from running, without closing anything.</summary>
    public Task HangAsync() => SignalAsync("STOP");

    /// <summary>Lets it run on.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Starts it again, on the same port and data.</summary>
    public Task RestartAsync()
    {
        _process?.Dispose();
        return LaunchAsync();
    }

    /// <summary>Runs <c>rabbitmqctl</c>.</summary>
    public async Task ControlAsync(params string[] command)
    {
        // Not missing: it was started.
        using var control = new CapturedProcess(Start(Path.Combine(Programs!, "rabbitmqctl"), ["-q", .. command]));
        if (await control.ExitAsync(CancellationToken.None) != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl {command[0]} failed; it wrote:\n{control.Output}");
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _mapper?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    // What was started is a shell; it notes which process the broker is.
    private async Task SignalAsync(string signal)
    {
        var number = await File.ReadAllTextAsync(Path.Combine(_folder, "pid"));
        using var sent = new CapturedProcess(new ProcessStartInfo("/bin/kill", [$"-{signal}", number.Trim()]));
        await sent.ExitAsync(CancellationToken.None);
    }

    private async Task LaunchAsync()
    {
        _process = new CapturedProcess(Start(Path.Combine(Programs!, "rabbitmq-server"))); // see above
        for (var waited = Stopwatch.StartNew(); !await AnswersAsync(); await Task.Delay(50))
        {
            if (_process.HasExited || waited.Elapsed > _limit)
            {
                throw new InvalidOperationException($"RabbitMQ does not start; it wrote:\n{_process.Output}");
            }
        }
    }

    // A home, a cookie, a port mapper and names of its own: nothing is shared with a broker that may run here otherwise.
    private ProcessStartInfo Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder };
        start.Environment.Clear();
        const string Interface = "-kernel inet_dist_use_interface {127,0,0,1}";
        foreach (var (name, value) in new[]
        {
            ("HOME", _folder), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin"), ("ERL_EPMD_PORT", $"{_mapperPort}"),
            ("ERL_EPMD_ADDRESS", "127.0.0.1"),
            ("ERL_CRASH_DUMP_SECONDS", "0"), ("RABBITMQ_NODENAME", $"test{Port}@localhost"), ("RABBITMQ_DIST_PORT", $"{_nodesPort}"),
            ("RABBITMQ_MNESIA_BASE", Path.Combine(_folder, "data")), ("RABBITMQ_LOG_BASE", Path.Combine(_folder, "log")),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(_folder, "rabbitmq.conf")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", Path.Combine(_folder, "none.config")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(_folder, "enabled_plugins")),
            ("RABBITMQ_PID_FILE", Path.Combine(_folder, "pid")),
            ("RABBITMQ_CONF_ENV_FILE", Path.Combine(_folder, "none")),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", $"{Interface} +S 2:2 +sbwt none"),
            ("RABBITMQ_CTL_ERL_ARGS", Interface),
        })
        {
            start.Environment[name] = value;
        }

        return start;
    }

    // As a client begins; a broker that is not ready yet listens already and says nothing.
    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
            await using var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\t\u0001"u8.ToArray(), limit.Token);
            return await stream.ReadAsync(new byte[7], limit.Token) > 0;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
