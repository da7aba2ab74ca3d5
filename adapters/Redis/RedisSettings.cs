using System.Globalization;
using System.Net;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Monolith.Adapters.Redis;

/// <summary>Which servers, and how to get there.</summary>
internal sealed class RedisSettings
{
    public const string TlsScheme = "rediss";

    private const int DefaultPort = 6379;
    private const int DefaultSentinelPort = 26379;

    // What the library would use as well, and a user would need the right to.
    private static readonly HashSet<string> _withoutCommands = ["CONFIG", "SUBSCRIBE", "UNSUBSCRIBE"];

    private readonly PasswordSource _password;
    private volatile bool _isDistrusted;

    private RedisSettings(PasswordSource password, CertificateAuthority authority) => (_password, Authority) = (password, authority);

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        [.. PasswordSource.Keys, CertificateAuthority.Key, "timeout", "connect-timeout", "sentinel", "cluster", "prefix"];

    /// <summary>What the servers are called in logs and faults, without secrets: <c>cache:6379</c>.</summary>
    public string Name { get; private init; } = "";

    /// <summary>How long a command may take before its caller goes on without the answer.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>What every key begins with, so that deployments can share a server.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>What the group of servers is called that the sentinels watch; null without sentinels.</summary>
    public string? SentinelGroup { get; private init; }

    /// <summary>Whether the servers are a cluster: keys lie on different ones.</summary>
    public bool IsCluster { get; private init; }

    /// <summary>The number of the database.</summary>
    public int Database { get; private init; }

    /// <summary>Whether a password is sent.</summary>
    public bool HasPassword => _password.IsGiven;

    /// <summary>As whom to log in; null for the default user.</summary>
    public string? User { get; private init; }

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Whether the last certificate that was shown was not trusted; the library does not tell.</summary>
    public bool IsDistrusted => _isDistrusted;

    private IReadOnlyList<EndPoint> Addresses { get; init; } = [];

    private CertificateAuthority Authority { get; }

    private TimeSpan ConnectTimeout { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static RedisSettings Read(AdapterUrl url)
    {
        var sentinel = url.Text("sentinel", "");
        var isCluster = url.OneOf("cluster", "false", "true", "false") == "true";
        var port = sentinel.Length > 0 ? DefaultSentinelPort : DefaultPort;
        var addresses = url.Hosts(port, $"{url.Scheme}://cache:{port}");
        if (addresses.Count > 1 && sentinel.Length == 0 && !isCluster)
        {
            url.Faults.Add(
                url.Setting, "names several hosts; add \"cluster=true\", or \"sentinel=\" with the name of the group that they watch");
        }

        if (sentinel.Length > 0 && isCluster)
        {
            url.Faults.Add(url.Setting, "has both \"sentinel\" and \"cluster\"; a cluster needs no sentinels");
        }

        var (password, authority) = (PasswordSource.Of(url), CertificateAuthority.Of(url));
        if (url.User.Length > 0 && !password.IsGiven)
        {
            url.Faults.Add(url.Setting, $"names the user {url.User} and no password; add \"password-file\" or \"password-env\"");
        }

        if (authority.File is not null && url.Scheme != TlsScheme)
        {
            url.Faults.Add(url.Setting, $"key \"ca\" is for TLS; write it like \"{TlsScheme}://\"");
        }

        return new RedisSettings(password, authority)
        {
            Name = url.Authority,
            Addresses = [
                .. addresses.Select(
                    a => (EndPoint)(
                        IPAddress.TryParse(a.Host, out var ip) ? new IPEndPoint(ip, a.Port) : new DnsEndPoint(a.Host, a.Port)))],
            Database = DatabaseOf(url, isCluster),
            IsTls = url.Scheme == TlsScheme,
            Timeout = url.Duration("timeout", TimeSpan.FromMilliseconds(250)),
            ConnectTimeout = url.Duration("connect-timeout", TimeSpan.FromSeconds(2)),
            SentinelGroup = sentinel.Length == 0 ? null : sentinel,
            User = url.User.Length == 0 ? null : url.User,
            IsCluster = isCluster,
            Prefix = url.Text("prefix", "monolith"),
        };
    }

    /// <summary>Says how to connect, and how to connect again after a loss.</summary>
    public ConfigurationOptions ToOptions()
    {
        var options = new ConfigurationOptions
        {
            ClientName = "monolith",
            SetClientLibrary = false, // One right less to grant.
            User = User,
            Defaults = new Credentials(_password),
            ServiceName = SentinelGroup,
            SentinelUser = "", // Empty: sentinels are told neither; null: the same as the servers.
            SentinelPassword = "",
            DefaultDatabase = Database,
            BacklogPolicy = BacklogPolicy.FailFast, // No call waits for unavailable servers.
            ConnectRetry = 1,
            ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds,
            SyncTimeout = (int)Timeout.TotalMilliseconds,
            KeepAlive = 15,
            Ssl = IsTls,
            CheckCertificateRevocation = false, // A private authority publishes no list, as a rule.
            TieBreaker = "", // Which server is the master is for sentinels or the cluster to say, not for a key.
            CommandMap = CommandMap.Create(_withoutCommands, available: false),
            ReconnectRetryPolicy = new LinearRetry(500),
        };
        foreach (var address in Addresses)
        {
            options.EndPoints.Add(address);
        }

        _isDistrusted = false;
        options.CertificateValidation += (_, certificate, _, errors) => !(_isDistrusted = !Authority.Trusts(certificate, errors));
        return options;
    }

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;

    private static int DatabaseOf(AdapterUrl url, bool isCluster)
    {
        if (url.Path.Length == 0)
        {
            return 0;
        }

        if (!int.TryParse(url.Path, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 10_000)
        {
            url.Faults.Add(url.Setting, $"names the database \"{url.Path}\"; a database of Redis is a number, 0 for the first");
        }
        else if (isCluster && number > 0)
        {
            url.Faults.Add(url.Setting, "names a database; a cluster has only the first");
        }

        return number;
    }

    /// <summary>Is asked at each new connection, because the password may have changed.</summary>
    private sealed class Credentials(PasswordSource password) : DefaultOptionsProvider
    {
        public override string? Password => password.Read();
    }
}
