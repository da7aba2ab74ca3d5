using System.Diagnostics;
using Npgsql;

namespace Monolith.Support;

/// <summary>A real PostgreSQL on a free loopback port, with data that is thrown away.</summary>
public sealed class PostgresTestServer : IAsyncDisposable
{
    /// <summary>The password of <see cref="User"/>.</summary>
    public const string Password = "not a secret";

    /// <summary>Who owns the databases of the tests.</summary>
    public const string User = "app";

    private const int Interrupt = 2;

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly string[] _settings;
    private CapturedProcess? _process;
    private int _databases;

    private PostgresTestServer(string folder, string[] settings) => (_folder, _settings) = (folder, settings);

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Why there is none here; null when there is.</summary>
    public static string? Missing => Binaries() is null
        ? "PostgreSQL is not installed (Debian: postgresql)." : null;

    /// <summary>The certificate that it shows, valid for 127.0.0.1.</summary>
    public string Certificate => Path.Combine(_folder, "server.crt");

    /// <summary>Starts a server.</summary>
    /// <param name="settings">Further settings, each as <c>name=value</c>.</param>
    public static async Task<PostgresTestServer> StartAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("monolith-pg-").FullName;
        var server = new PostgresTestServer(folder, settings);
        try
        {
            await RunAsync("chown", UnixUser, folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password);
            await RunAsync("chmod", "755", Path.Combine(folder, "password"));
            await RunAsUserAsync(
                "initdb", "-D", server.Data, "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={folder}/password", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync");
            await server.MakeCertificateAsync();
            await server.LaunchAsync();
            await server.ExecuteAsync("postgres", $"create role {User} login password '{Password}' createdb");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a database of its own.</summary>
    /// <param name="template">What it is a copy of.</param>
    public async Task<string> CreateDatabaseAsync(string template = "template1")
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", $"create database {name} owner {User} template {template}");
        return name;
    }

    /// <summary>Drops a database, even one in use.</summary>
    public Task DropDatabaseAsync(string name) => ExecuteAsync("postgres", $"drop database if exists {name} with (force)");

    /// <summary>How to get there as the superuser.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Database={database};Username=postgres;Password={Password};Pooling=false;SSL Mode=Disable";

    /// <summary>Runs a statement as the superuser.</summary>
    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Reads one value as the superuser, as text.</summary>
    public async Task<string?> ReadAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    /// <summary>Writes out all that a database holds, as SQL that <see cref="LoadAsync"/> takes.</summary>
    public async Task DumpAsync(string database, string path, params string[] options)
    {
        await RunAsync(
            Client("pg_dump", database, ["--no-owner", "--no-privileges", "--schema=monolith", "-U", "postgres", "-f", path, .. options]));

        // A newer pg_dump writes a key that is another one each time, which an older psql does not take.
        var lines = await File.ReadAllLinesAsync(path);
        await File.WriteAllLinesAsync(
            path,
            lines.Where(
                l => !l.StartsWith(@"\restrict ", StringComparison.Ordinal) && !l.StartsWith(@"\unrestrict ", StringComparison.Ordinal)));
    }

    /// <summary>Fills an empty database; all of it belongs to <see cref="User"/>.</summary>
    public Task LoadAsync(string database, string path) =>
        RunAsync(Client("psql", database, "-q", "-v", "ON_ERROR_STOP=1", "-U", User, "-f", path));

    /// <summary>Ends the server in the middle of whatever it does (SIGKILL).</summary>
    public void Kill() => _process!.Kill(); // It runs: who has one has started it.

    /// <summary>Starts it again, on the same port and data.</summary>
    public Task RestartAsync() => LaunchAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            // Fast: connections are ended, nothing is waited for.
            _process.Signal(Interrupt);
            await Task.WhenAny(_process.ExitAsync(CancellationToken.None), Task.Delay(_limit));
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Writes the URL of a database, as the setting of the store takes it.</summary>
    /// <param name="database">Its name.</param>
    /// <param name="more">What follows, from the question mark on.</param>
    /// <param name="scheme">Which kind of store.</param>
    public string Url(string database, string more = "", string scheme = "postgres") => Url(Port, database, more, scheme);

    /// <inheritdoc cref="Url(string, string, string)" />
    /// <param name="port">Where the server, or what stands in front of it, listens.</param>
    /// <param name="database">Its name.</param>
    /// <param name="more">What follows, from the question mark on.</param>
    /// <param name="scheme">Which kind of store.</param>
    public static string Url(int port, string database, string more = "", string scheme = "postgres") =>
        $"{scheme}://{User}:{Uri.EscapeDataString(Password)}@127.0.0.1:{port}/{database}{more}";

    /// <summary>The user that servers run as: they refuse to be root.</summary>
    public static string UnixUser => Environment.UserName == "root" ? "postgres" : Environment.UserName;

    /// <summary>Starts a program as that user.</summary>
    public static ProcessStartInfo AsUser(string program, params string[] arguments) => Environment.UserName == "root"
        ? new ProcessStartInfo(
            "setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments]) { WorkingDirectory = "/" }
        : new ProcessStartInfo(program, arguments) { WorkingDirectory = "/" };

    private string Data => Path.Combine(_folder, "data");

    private static string? Binaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin"))
            .Where(d => File.Exists(Path.Combine(d, "initdb"))).Max(StringComparer.Ordinal)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")));

    private async Task LaunchAsync()
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            Port = Port == 0 ? FreePort.Next() : Port;
            // Without fsync, because no test pulls the plug: what a killed server had written is with the kernel. Durability itself is a
            // setting of the commit.
            _process = new CapturedProcess(AsUser(
                Path.Combine(Binaries()!, "postgres"), // The test is skipped where there are none.
                [
                    "-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
                    "-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "ssl=on",
                    "-c", $"ssl_cert_file={Certificate}", "-c", $"ssl_key_file={Path.Combine(_folder, "server.key")}",
                    .. _settings.SelectMany(s => new[] { "-c", s }),
                ]));
            while (!_process.HasExited)
            {
                if (await AnswersAsync())
                {
                    return;
                }

                await Task.Delay(20);
            }

            // After a kill its workers may take a moment to notice; a port may be taken by another process.
            if (waited.Elapsed > _limit)
            {
                throw new InvalidOperationException($"PostgreSQL does not start; it wrote:\n{_process.Output}");
            }

            await Task.Delay(100);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await ExecuteAsync("postgres", "select 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private ProcessStartInfo Client(string program, string database, params string[] arguments) =>
        // The test is skipped where there are none.
        new(Path.Combine(Binaries()!, program), ["-h", "127.0.0.1", "-p", $"{Port}", "-d", database, .. arguments])
        {
            Environment = { ["PGPASSWORD"] = Password },
        };

    private static Task RunAsUserAsync(string program, params string[] arguments) =>
        RunAsync(AsUser(Path.Combine(Binaries()!, program), arguments)); // The test is skipped where there are none.

    private static Task RunAsync(string program, params string[] arguments) => RunAsync(new ProcessStartInfo(program, arguments));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using var process = new CapturedProcess(start);
        if (await process.ExitAsync(CancellationToken.None).WaitAsync(_limit) is not 0 and var code)
        {
            throw new InvalidOperationException($"{start.FileName} ended with {code}; it wrote:\n{process.Output}");
        }
    }

    private async Task MakeCertificateAsync()
    {
        var key = Path.Combine(_folder, "server.key");
        TestCertificate.Write(Certificate, key);
        await RunAsync("chown", UnixUser, key);
        await RunAsync("chmod", "600", key);
    }
}
