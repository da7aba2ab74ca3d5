using System.Net;
using System.Net.Mail;

namespace Monolith.Adapters.Smtp;

/// <summary>Which server, and how to get there.</summary>
internal sealed class SmtpSettings
{
    private const string Example = "smtp://monolith@mail.example.org?from=noreply@example.org&password-file=/run/secrets/mail";

    // RFC 6409: where a server takes mail from those who log in.
    private const int DefaultPort = 587;

    private PasswordSource? _password;

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = [.. PasswordSource.Keys, "from", "tls", "timeout", "connections"];

    /// <summary>The server.</summary>
    public string Host { get; private init; } = "";

    /// <summary>Its port.</summary>
    public int Port { get; private init; }

    /// <summary>The sender: one bare address.</summary>
    public string From { get; private init; } = "";

    /// <summary>How long handing one mail over may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>How many mails are handed over at once.</summary>
    public int Connections { get; private init; }

    /// <summary>What the server is called in logs and faults, without secrets.</summary>
    public string Name => $"{Host}:{Port}";

    private string User { get; init; } = "";

    private bool IsTls { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static SmtpSettings Read(AdapterUrl url)
    {
        var hosts = url.Hosts(DefaultPort, Example);
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

        return new SmtpSettings
        {
            Host = hosts.Count > 0 ? hosts[0].Host : "",
            Port = hosts.Count > 0 ? hosts[0].Port : DefaultPort,
            From = from,
            User = url.User,
            _password = password.IsGiven ? password : null,
            IsTls = isTls,
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(30)),
            Connections = url.Number("connections", 4, 1, 100),
        };
    }

    /// <summary>Makes a client for one mail; the password is read again, because a file may have changed.</summary>
    /// <param name="isPlain">
    /// Whether all addresses are ASCII. Others need a server with SMTPUTF8, where headers are not encoded and so not folded.
    /// </param>
    /// <exception cref="IOException">The file of the password cannot be read.</exception>
    public SmtpClient Open(bool isPlain) => new(Host, Port)
    {
        EnableSsl = IsTls,
        DeliveryFormat = isPlain ? SmtpDeliveryFormat.SevenBit : SmtpDeliveryFormat.International,
        Credentials = _password?.Read() is { } password ? new NetworkCredential(User, password) : null,
    };

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Name;
}
