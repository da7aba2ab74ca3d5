using System.Text.RegularExpressions;

namespace Monolith.Adapters.WolverineKafka;

/// <summary>Which brokers, how to get there, and where receivers find the announcements.</summary>
internal sealed partial class KafkaFeedSettings
{
    public const string TlsScheme = "kafkas";

    private const int DefaultPort = 9092;

    private static readonly string[] _mechanisms = ["plain", "scram-sha-256", "scram-sha-512"];

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys = [.. PasswordSource.Keys, CertificateAuthority.Key, "sasl", "topic", "timeout"];

    /// <summary>The brokers to ask for all of them: <c>k1:9092,k2:9092</c>.</summary>
    public string Servers { get; private init; } = "";

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Empty where no log-in is needed.</summary>
    public string User { get; private init; } = "";

    /// <summary>How the password is shown: one of SASL's mechanisms, in lower case.</summary>
    public string Mechanism { get; private init; } = "";

    /// <summary>Where announcements are sent; each shard keeps its order within one partition.</summary>
    public string Topic { get; private init; } = "";

    /// <summary>How long connecting, and each answer of the brokers, may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>Where the password is.</summary>
    public required PasswordSource Password { get; init; }

    /// <summary>Which authority vouches for the brokers.</summary>
    public required CertificateAuthority Authority { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static KafkaFeedSettings Read(AdapterUrl url)
    {
        var example = $"{url.Scheme}://k1:{DefaultPort},k2:{DefaultPort}?topic=monolith.feed";
        var settings = new KafkaFeedSettings
        {
            Servers = string.Join(',', url.Hosts(DefaultPort, example).Select(h => $"{h.Host}:{h.Port}")),
            IsTls = url.Scheme == TlsScheme,
            User = url.User,
            Mechanism = url.OneOf("sasl", _mechanisms[0], _mechanisms),
            Topic = url.Text("topic", "monolith.feed"),
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(5)),
            Password = PasswordSource.Of(url),
            Authority = CertificateAuthority.Of(url),
        };
        if (url.User.Length > 0 != settings.Password.IsGiven)
        {
            url.Faults.Add(
                url.Setting, $"gives one of user and password; a log-in needs both: \"{url.Scheme}://app@k1?password-file=…\"");
        }

        if (url.User.Length == 0 && url.Keys.Contains("sasl"))
        {
            url.Faults.Add(url.Setting, "key \"sasl\" is for a log-in, and the URL names no user");
        }

        if (settings.Authority.File is not null && !settings.IsTls)
        {
            url.Faults.Add(url.Setting, $"key \"{CertificateAuthority.Key}\" is for TLS; write it like \"{TlsScheme}://\"");
        }

        if (url.Path.Length > 0)
        {
            url.Faults.Add(url.Setting, $"has a path; name the topic by the key \"topic\": \"{example}\"");
        }

        if (!TopicName().IsMatch(settings.Topic))
        {
            url.Faults.Add(url.Setting, "key \"topic\" must be a name of up to 200 letters, digits, dots, hyphens and underscores");
        }

        return settings;
    }

    /// <summary>Keeps the password out of logs.</summary>
    public override string ToString() => Servers;

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
    private static partial Regex TopicName();
}
