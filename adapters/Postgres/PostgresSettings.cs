using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>Which database, and how to get there.</summary>
internal sealed class PostgresSettings
{
    private const string Example = "postgres://app@db1/monolith";
    private const int DefaultPort = 5432;

    private readonly PasswordSource _password;

    private PostgresSettings(PasswordSource password) => _password = password;

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        [.. PasswordSource.Keys, "tls", CertificateAuthority.Key, "pool", "timeout", "pgbouncer", "migrate"];

    /// <summary>Where it stands in the configuration.</summary>
    public string Setting { get; private init; } = "";

    /// <summary>Where it is, without secrets: <c>db1:5432/monolith</c>.</summary>
    public string Name => $"{Host}:{Port}/{Database}";

    /// <summary>Whether a start brings the schema up to date; otherwise it only looks.</summary>
    public bool IsMigratedAtStart { get; private init; } = true;

    /// <summary>Whether connections go through a pooler that hands them out per transaction: nothing may be kept in a session.</summary>
    public bool IsPooledOutside { get; private init; }

    private string Host { get; init; } = "";

    private int Port { get; init; } = DefaultPort;

    private string Database { get; init; } = "";

    private string User { get; init; } = "";

    private SslMode Tls { get; init; } = SslMode.Prefer;

    private string? Authority { get; init; }

    private int Pool { get; init; }

    private TimeSpan Timeout { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static PostgresSettings Read(AdapterUrl url)
    {
        var (host, port) = HostOf(url);
        if (url.User.Length == 0)
        {
            url.Faults.Add(url.Setting, $"names no user; write it like \"{Example}\"");
        }

        if (url.Path.Length == 0)
        {
            url.Faults.Add(url.Setting, $"names no database; write it like \"{Example}\"");
        }

        var authority = CertificateAuthority.Of(url);

        return new PostgresSettings(PasswordSource.Of(url))
        {
            Setting = url.Setting,
            Host = host,
            Port = port,
            Database = url.Path,
            User = url.User,
            Tls = url.OneOf("tls", "prefer", "disable", "prefer", "require", "verify-full") switch
            {
                "disable" => SslMode.Disable,
                "require" => SslMode.Require,
                "verify-full" => SslMode.VerifyFull,
                _ => SslMode.Prefer,
            },
            Authority = authority.File,
            Pool = url.Number("pool", 20, 2, 1000),
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(10)),
            IsPooledOutside = url.OneOf("pgbouncer", "false", "true", "false") == "true",
            IsMigratedAtStart = url.OneOf("migrate", "true", "true", "false") == "true",
        };
    }

    /// <summary>Makes the pool that everything but listening goes through.</summary>
    public NpgsqlDataSource OpenPool() => OpenPool(Pool);

    /// <summary>Makes a pool of another size.</summary>
    public NpgsqlDataSource OpenPool(int size) => Build(text => (text.MaxPoolSize, text.MinPoolSize) = (size, 0));

    /// <summary>Makes what the one connection that listens comes from.</summary>
    public NpgsqlDataSource OpenListener() => Build(text => (text.Pooling, text.KeepAlive) = (false, 15));

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;

    private NpgsqlDataSource Build(Action<NpgsqlConnectionStringBuilder> adjust)
    {
        var seconds = Math.Max(1, (int)Timeout.TotalSeconds);
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Database = Database,
            Username = User,
            ApplicationName = "monolith",
            SslMode = Tls,
            RootCertificate = Authority,
            Timeout = seconds,
            CommandTimeout = seconds,
            // Prepared by the driver when they come again. A pooler would run them on another connection than the one they were prepared
            // on.
            MaxAutoPrepare = IsPooledOutside ? 0 : 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true, // Nothing is ever left in a session, so there is nothing to reset.
        };
        adjust(text);
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        if (_password.IsGiven)
        {
            // Read at each new connection: a password that was changed is used without a restart.
            builder.UsePasswordProvider(_ => _password.Read() ?? "", (_, _) => ValueTask.FromResult(_password.Read() ?? ""));
        }

        return builder.Build();
    }

    private static (string Host, int Port) HostOf(AdapterUrl url)
    {
        var hosts = url.Hosts(DefaultPort, Example);
        if (hosts.Count > 1)
        {
            url.Faults.Add(url.Setting, "names several hosts; give one");
        }

        return hosts.FirstOrDefault(("", DefaultPort));
    }
}
