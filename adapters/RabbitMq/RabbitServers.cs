using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Which servers, and how to get there.</summary>
internal abstract class RabbitServers
{
    public const string TlsScheme = "amqps";

    private const int DefaultPort = 5672;
    private const int DefaultTlsPort = 5671;

    // What the server is delivered with; it lets it in from its own machine alone.
    private const string DefaultUser = "guest";

    private readonly PasswordSource _password;
    private readonly CertificateAuthority _authority;
    private readonly string _user;
    private readonly IReadOnlyList<(string Host, int Port)> _hosts;
    private volatile bool _isDistrusted;

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    protected RabbitServers(AdapterUrl url)
    {
        IsTls = url.Scheme == TlsScheme;
        var port = IsTls ? DefaultTlsPort : DefaultPort;
        (_hosts, _password) = (url.Hosts(port, $"{url.Scheme}://app@mq:{port}"), PasswordSource.Of(url));
        if (url.User.Length > 0 && !_password.IsGiven)
        {
            url.Faults.Add(url.Setting, $"names the user {url.User} and no password; give it as \"password-file\" or \"password-env\"");
        }
        else if (url.User.Length == 0 && _password.IsGiven)
        {
            url.Faults.Add(url.Setting, $"gives a password and no user; write it like \"{url.Scheme}://app@mq:{port}\"");
        }

        _authority = CertificateAuthority.Of(url);
        if (_authority.File is not null && !IsTls)
        {
            url.Faults.Add(url.Setting, $"key \"ca\" is for TLS; write it like \"{TlsScheme}://\"");
        }

        (_user, Name, VirtualHost) = (url.User, url.Authority, url.Path.Length == 0 ? "/" : url.Path);
        Timeout = url.Duration(TimeoutKey, TimeSpan.FromSeconds(5));
    }

    /// <summary>The query keys that are read here.</summary>
    protected static IReadOnlyList<string> OwnKeys => [.. PasswordSource.Keys, CertificateAuthority.Key, TimeoutKey];

    /// <summary>What the servers are called in logs and faults, without secrets: <c>mq:5672</c>.</summary>
    public string Name { get; }

    /// <summary>How long connecting, and each answer of the broker, may take.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The virtual host.</summary>
    public string VirtualHost { get; }

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsTls { get; }

    /// <summary>Whether the last certificate that was shown was not trusted; the library does not tell.</summary>
    public bool IsDistrusted => _isDistrusted;

    /// <summary>What the user must be allowed, for the one who sees that it is not.</summary>
    public abstract string Rights { get; }

    /// <summary>What to do where the broker has something else under one of our names.</summary>
    public abstract string NameTaken { get; }

    private const string TimeoutKey = "timeout";

    /// <summary>Connects to one of the servers, whichever answers first in a random order.</summary>
    /// <param name="purpose">How the broker shall call the connection.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<IConnection> ConnectAsync(string purpose, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            AutomaticRecoveryEnabled = false, // Trying again is for the loop that uses the connection: it knows what was under way.
            TopologyRecoveryEnabled = false,
        };
        Configure(factory);
        return factory.CreateConnectionAsync(new DefaultEndpointResolver(Endpoints()), purpose, cancellationToken);
    }

    /// <summary>Says who connects, and how long that may take.</summary>
    public void Configure(ConnectionFactory factory)
    {
        _isDistrusted = false;
        var isGuest = _user.Length == 0;
        factory.UserName = isGuest ? DefaultUser : _user;
        factory.Password = isGuest ? DefaultUser : _password.Read() ?? "";
        factory.VirtualHost = VirtualHost;
        factory.RequestedConnectionTimeout = Timeout;
        factory.HandshakeContinuationTimeout = Timeout;
        factory.ContinuationTimeout = Timeout;
        factory.RequestedHeartbeat = TimeSpan.FromSeconds(10);
    }

    /// <summary>Where the servers are.</summary>
    public IEnumerable<AmqpTcpEndpoint> Endpoints() => _hosts.Select(h => new AmqpTcpEndpoint(h.Host, h.Port, Tls(h.Host)));

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;

    private SslOption Tls(string host) => new(host, enabled: IsTls)
    {
        CertificateValidationCallback = (_, certificate, _, errors) => !(_isDistrusted = !_authority.Trusts(certificate, errors)),
    };
}
