using System.Diagnostics;
using System.Net.Sockets;

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>A real PgBouncer in transaction mode, in front of the shared server.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const int Terminate = 15;

    private static readonly Lazy<Task<PgBouncer>> _shared = new(StartAsync);
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly CapturedProcess _process;

    private PgBouncer(string folder, int port)
    {
        (_folder, Port) = (folder, port);
        // Skipped where there is none.
        _process = new CapturedProcess(PostgresTestServer.AsUser(Program!, Path.Combine(folder, "pgbouncer.ini")));
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    private static string? Program => (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin").Split(Path.PathSeparator)
        .Select(d => Path.Combine(d, "pgbouncer")).FirstOrDefault(File.Exists);

    /// <summary>The one of this run; the test is skipped where there is none.</summary>
    public static async Task<PgBouncer> SharedAsync()
    {
        await PostgresFixture.ServerAsync();
        Assert.SkipWhen(Program is null, "PgBouncer is not installed (Debian: pgbouncer).");
        return await _shared.Value;
    }

    /// <summary>Ends the one of this run.</summary>
    public static async ValueTask StopSharedAsync()
    {
        if (_shared.IsValueCreated)
        {
            await (await _shared.Value).DisposeAsync();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Signal(Terminate);
        await Task.WhenAny(_process.ExitAsync(CancellationToken.None), Task.Delay(_limit));
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<PgBouncer> StartAsync()
    {
        var server = await PostgresFixture.ServerAsync();
        var folder = Directory.CreateTempSubdirectory("monolith-pgb-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // It runs as another user.
        }

        await File.WriteAllTextAsync(
            Path.Combine(folder, "users.txt"), $"\"{PostgresTestServer.User}\" \"{PostgresTestServer.Password}\"\n");
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var port = FreePort.Next();
            // Fewer connections to the server than clients have: transactions of one client really come over different ones.
            await File.WriteAllTextAsync(Path.Combine(folder, "pgbouncer.ini"), $"""
                [databases]
                * = host=127.0.0.1 port={server.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = {folder}/users.txt
                pool_mode = transaction
                default_pool_size = 3
                server_idle_timeout = 5
                max_client_conn = 500
                """);
            var pooler = new PgBouncer(folder, port);
            while (!pooler._process.HasExited)
            {
                if (await AnswersAsync(port))
                {
                    return pooler;
                }

                await Task.Delay(20);
            }

            Assert.False(waited.Elapsed > _limit, $"PgBouncer does not start; it wrote:\n{pooler._process.Output}");
        }
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
