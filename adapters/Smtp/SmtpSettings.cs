using System.Net;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace Monolith.Adapters.Smtp;

/// <summary>Which server, and how to get there.</summary>
internal sealed class SmtpSettings
{
    private const string Example = "smtp://monolith@mail.example.org?from=noreply@example.org&password-file=/run/secrets/mail";

    // Where a server takes mail from those who log in, with STARTTLS (RFC 6409) and with TLS from the first byte (RFC 8314 §3.3).
    private const int DefaultPort = 587;
    private const int TlsPort = 465;

    private PasswordSource? _password;

    /// <summary>With TLS from the first byte.</summary>
    public const string TlsScheme = "smtps";

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = [.. PasswordSource.Keys, "from", "tls", "timeout", "connections"];

    /// <summary>The server.</summary>
    public string Host { get; private init; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; private init; }

    /// <summary>The sender: one bare address.</summary>
    public string From { get; private init; } = "";

    /// <summary>How long submitting one mail may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>How many mails are submitted at once, each over a connection of its own.</summary>
    public int Connections { get; private init; }

    /// <summary>What the server is called in logs and faults, without secrets.</summary>
    public string Name => $"{Host}:{Port}";

    private string User { get; init; } = "";

    private SecureSocketOptions Security { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static SmtpSettings Read(AdapterUrl url)
    {
        var isTlsFirst = url.Scheme == TlsScheme;
        var hosts = url.Hosts(isTlsFirst ? TlsPort : DefaultPort, Example);
        if (hosts.Count > 1)
        {
            url.Faults.Add(url.Setting, "names several hosts; a name that leads to several addresses does that");
        }

        if (url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, $"has a path after the host; write it like \"{Example}\"");
        }

        var from = url.Text("from", "");
        if (!Mail.IsAddress(from))
        {
            url.Faults.Add(url.Setting, "key \"from\" must be one address such as noreply@example.org");
        }

        var password = PasswordSource.Of(url);
        if (password.IsGiven != url.User.Length > 0)
        {
            url.Faults.Add(url.Setting, password.IsGiven ? $"gives a password and no user; write it like \"{Example}\""
                : "gives a user and no password; add \"password-file\" or \"password-env\"");
        }

        var isTls = url.OneOf("tls", "required", "required", "none") == "required";
        if (!isTls && password.IsGiven)
        {
            url.Faults.Add(url.Setting, "sends a password without TLS; remove \"tls=none\", or the user");
        }

        if (!isTls && isTlsFirst)
        {
            url.Faults.Add(url.Setting, "says \"smtps\" and \"tls=none\"; remove one of them");
        }

        return new SmtpSettings
        {
            Host = hosts.Count > 0 ? hosts[0].Host : "",
            Port = hosts.Count > 0 ? hosts[0].Port : DefaultPort,
            From = from,
            User = url.User,
            _password = password.IsGiven ? password : null,
            Security = isTlsFirst ? SecureSocketOptions.SslOnConnect : isTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None,
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(30)),
            Connections = url.Number("connections", 4, 1, 100),
        };
    }

    /// <summary>Connects and logs in; the password is read again, because a file may have changed.</summary>
    /// <exception cref="IOException">The file of the password cannot be read, or the server cannot be reached.</exception>
    public async Task<SmtpClient> OpenAsync(CancellationToken cancellationToken)
    {
        // Private authorities publish no lists of revoked certificates, and without one nothing would be sent.
        var client = new SmtpClient { CheckCertificateRevocation = false, Timeout = (int)Timeout.TotalMilliseconds };
        try
        {
            var password = _password?.Read();
            await client.ConnectAsync(Host, Port, Security, cancellationToken);
            if (password is not null)
            {
                await client.AuthenticateAsync(new NetworkCredential(User, password), cancellationToken);
            }

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;
}
