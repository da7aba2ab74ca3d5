using System.Text.RegularExpressions;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Which servers, how to get there, and how much to entrust to them.</summary>
internal sealed partial class RabbitSettings
{
    public const string TlsScheme = "amqps";

    private const int DefaultPort = 5672;
    private const int DefaultTlsPort = 5671;

    // What the server is delivered with; it lets it in from its own machine alone.
    private const string DefaultUser = "guest";

    private readonly PasswordSource _password;
    private volatile bool _isDistrusted;

    private RabbitSettings(PasswordSource password, CertificateAuthority authority) => (_password, Authority) = (password, authority);

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        [.. PasswordSource.Keys, CertificateAuthority.Key, "queues", "window", "lease", "timeout"];

    /// <summary>What the servers are called in logs and faults, without secrets: <c>mq:5672</c>.</summary>
    public string Name { get; private init; } = "";

    /// <summary>What the name of each queue begins with, so that deployments can share a server.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>
    /// How many messages of a kind lie in the broker at most, nearly: the rest waits in the stores, where it can be put in order and
    /// cancelled.
    /// </summary>
    public int Window { get; private init; }

    /// <summary>After which a message that was not taken is sent once more.</summary>
    public TimeSpan Lease { get; private init; }

    /// <summary>How long connecting, and each answer of the broker, may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>The virtual host.</summary>
    public string VirtualHost { get; private init; } = "/";

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Whether the last certificate that was shown was not trusted; the library does not tell.</summary>
    public bool IsDistrusted => _isDistrusted;

    private string User { get; init; } = "";

    private IReadOnlyList<(string Host, int Port)> Hosts { get; init; } = [];

    private CertificateAuthority Authority { get; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static RabbitSettings Read(AdapterUrl url)
    {
        var isTls = url.Scheme == TlsScheme;
        var port = isTls ? DefaultTlsPort : DefaultPort;
        var hosts = url.Hosts(port, $"{url.Scheme}://app@mq:{port}");
        var password = PasswordSource.Of(url);
        if (url.User.Length > 0 && !password.IsGiven)
        {
            url.Faults.Add(url.Setting, $"names the user {url.User} and no password; give it as \"password-file\" or \"password-env\"");
        }
        else if (url.User.Length == 0 && password.IsGiven)
        {
            url.Faults.Add(url.Setting, $"gives a password and no user; write it like \"{url.Scheme}://app@mq:{port}\"");
        }

        var authority = CertificateAuthority.Of(url);

        if (authority.File is not null && !isTls)
        {
            url.Faults.Add(url.Setting, $"key \"ca\" is for TLS; write it like \"{TlsScheme}://\"");
        }

        var prefix = url.Text("queues", "monolith");
        if (!QueuePrefix().IsMatch(prefix))
        {
            url.Faults.Add(
                url.Setting,
                "key \"queues\" must be what the names of queues begin with: up to 60 letters, digits, dots, hyphens and underscores");
        }

        return new RabbitSettings(password, authority)
        {
            Name = url.Authority,
            User = url.User,
            Hosts = hosts,
            IsTls = isTls,
            VirtualHost = url.Path.Length == 0 ? "/" : url.Path,
            Prefix = prefix,
            Window = url.Number("window", 1000, 1, 1_000_000),
            Lease = url.Duration("lease", TimeSpan.FromSeconds(30)),
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(5)),
        };
    }

    /// <summary>Connects to one of the servers, whichever answers first in a random order.</summary>
    /// <param name="purpose">How the broker shall call the connection.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<IConnection> ConnectAsync(string purpose, CancellationToken cancellationToken)
    {
        _isDistrusted = false;
        var isGuest = User.Length == 0;
        var factory = new ConnectionFactory
        {
            UserName = isGuest ? DefaultUser : User,
            Password = isGuest ? DefaultUser : _password.Read() ?? "",
            VirtualHost = VirtualHost,
            AutomaticRecoveryEnabled = false, // Trying again is for the loop that uses the connection: it knows what was under way.
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = Timeout,
            HandshakeContinuationTimeout = Timeout,
            ContinuationTimeout = Timeout,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
        };
        return factory.CreateConnectionAsync(
            new DefaultEndpointResolver(Hosts.Select(h => new AmqpTcpEndpoint(h.Host, h.Port, Tls(h.Host)))), purpose, cancellationToken);
    }

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;

    private SslOption Tls(string host) => new(host, enabled: IsTls)
    {
        CertificateValidationCallback = (_, certificate, _, errors) => !(_isDistrusted = !Authority.Trusts(certificate, errors)),
    };

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    private static partial Regex QueuePrefix();
}
