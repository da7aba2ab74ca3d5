using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Storage;

namespace Monolith.Support;

/// <summary>
/// A real mail server on a free loopback port, which keeps what it takes. Refuses <c>refused@</c> permanently and <c>later@</c> for now.
/// </summary>
public sealed class MailTestServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-mail-").FullName;
    private readonly MailTls _tls;
    private int _connections;
    private int _open;
    private readonly MailTestHandlers _handlers = new();
    private CancellationTokenSource? _stopping;
    private Task _running = Task.CompletedTask;

    private MailTestServer(MailTls tls)
    {
        _tls = tls;
        if (tls != MailTls.None)
        {
            TestCertificate.Write(Certificate, Key);
        }
    }

    /// <summary>Who may send mail, where senders must log in.</summary>
    public const string User = "monolith";

    /// <summary>The password of that user.</summary>
    public const string Password = "not-a-secret";

    /// <summary>Where it listens.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>Vouches for itself.</summary>
    public string Certificate => Path.Combine(_folder, "certificate.pem");

    /// <summary>How many connections were opened to it.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many of them are open.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    private string Key => Path.Combine(_folder, "key.pem");

    /// <summary>Starts a server; with TLS it insists on it and on its user.</summary>
    public static MailTestServer Start(MailTls tls = MailTls.None)
    {
        var server = new MailTestServer(tls);
        server.Launch();
        return server;
    }

    /// <summary>Collects whole messages, in the Internet Message Format, that hold a text.</summary>
    public IReadOnlyList<byte[]> Taken(string text) =>
        [.. _handlers.Messages.Where(m => Encoding.UTF8.GetString(m).Contains(text, StringComparison.Ordinal))];

    /// <summary>Ends it and every connection to it in the middle of whatever they do.</summary>
    public async Task KillAsync()
    {
        await _stopping!.CancelAsync(); // It runs: who has one has started it.
        await _running;
        _stopping.Dispose();
    }

    /// <summary>Starts it on the same port.</summary>
    public void Launch()
    {
        using var certificate = _tls == MailTls.None ? null : X509Certificate2.CreateFromPemFile(Certificate, Key);
        var options = new SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(endpoint =>
        {
            endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, Port)).IsSecure(_tls == MailTls.First);
            if (_tls != MailTls.None)
            {
                // By way of PKCS #12: the platform's TLS cannot use a key that only lies in memory.
                endpoint.Certificate(X509CertificateLoader.LoadPkcs12(certificate!.Export(X509ContentType.Pkcs12), null))
                    .AuthenticationRequired().AllowUnsecureAuthentication(false);
            }
        });
        var services = new ServiceProvider();
        services.Add((SmtpServer.Storage.IMessageStore)_handlers);
        services.Add((IMailboxFilter)_handlers);
        services.Add((IUserAuthenticator)_handlers);
        var server = new SmtpServer.SmtpServer(options.Build(), services);
        server.SessionCreated += (_, _) => Interlocked.Increment(ref _open);
        server.SessionCreated += (_, _) => Interlocked.Increment(ref _connections);
        server.SessionCompleted += (_, _) => Interlocked.Decrement(ref _open);
        server.SessionFaulted += (_, _) => Interlocked.Decrement(ref _open);
        server.SessionCancelled += (_, _) => Interlocked.Decrement(ref _open);
        _stopping = new CancellationTokenSource();

        // It listens when the call returns.
        _running = server.StartAsync(_stopping.Token);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
