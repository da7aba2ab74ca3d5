using System.Globalization;

namespace Monolith.Adapters.Otlp;

/// <summary>Which collector, what it gets, and how long it may take.</summary>
internal sealed class OtlpSettings
{
    private const string Example = "otlp://collector:4318?traces=0.1&token-file=/run/secrets/otlp";

    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        ["logs", "traces", "metrics", "interval", "timeout", "queue", "token-file", "token-env", CertificateAuthority.Key];

    /// <summary>Where it is: ends with a slash, and <c>v1/traces</c> follows.</summary>
    public Uri Address { get; private init; } = new("http://localhost");

    /// <summary>Whether it gets the lines of the log.</summary>
    public bool Logs { get; private init; }

    /// <summary>Which part of the requests is traced, 0 to 1.</summary>
    public double Traces { get; private init; }

    /// <summary>Whether it gets the metrics.</summary>
    public bool Metrics { get; private init; }

    /// <summary>From one export to the next.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long one export may take, and how long a stop waits for the last ones.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>How many spans, and how many lines, wait at most; what comes while they do is dropped.</summary>
    public int Queue { get; private init; }

    /// <summary>What shows that we may.</summary>
    public required PasswordSource Token { get; init; }

    /// <summary>Which authority vouches for it.</summary>
    public required CertificateAuthority Authority { get; init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    public static OtlpSettings Read(AdapterUrl url)
    {
        if (url.User.Length > 0 || url.Password.Length > 0)
        {
            url.Faults.Add(url.Setting, "has a user; give the token by \"token-file\" or \"token-env\"");
        }

        if (url.Scheme == "otlp" && url.Keys.Contains(CertificateAuthority.Key))
        {
            url.Faults.Add(url.Setting, $"key \"{CertificateAuthority.Key}\" is for otlps://");
        }

        var settings = new OtlpSettings
        {
            Address = AddressOf(url),
            Logs = url.OneOf("logs", "true", "true", "false") == "true",
            Traces = RatioOf(url),
            Metrics = url.OneOf("metrics", "false", "true", "false") == "true",
            Interval = Limited(url, "interval", TimeSpan.FromSeconds(5)),
            Timeout = Limited(url, "timeout", TimeSpan.FromSeconds(5)),
            Queue = url.Number("queue", 2048, 1, 1_000_000),
            Token = PasswordSource.Of(url, "token"),
            Authority = CertificateAuthority.Of(url),
        };
        if (settings is { Logs: false, Traces: 0, Metrics: false })
        {
            url.Faults.Add(url.Setting, "exports nothing; \"none:\" does the same at less cost");
        }

        return settings;
    }

    /// <summary>Keeps the token out of logs.</summary>
    public override string ToString() => Address.ToString();

    private static Uri AddressOf(AdapterUrl url)
    {
        var hosts = url.Hosts(4318, Example);
        if (hosts.Count > 1)
        {
            url.Faults.Add(url.Setting, $"names several collectors; a balancer before them has one name. Write it like \"{Example}\"");
        }

        var scheme = url.Scheme == "otlps" ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        return hosts.Count == 0
            ? new Uri("http://localhost")
            : new UriBuilder(scheme, hosts[0].Host, hosts[0].Port, url.Path.Length == 0 ? "" : $"{url.Path.Trim('/')}/").Uri;
    }

    private static double RatioOf(AdapterUrl url)
    {
        if (double.TryParse(url.Text("traces", "0.1"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio)
            && ratio <= 1)
        {
            return ratio;
        }

        url.Faults.Add(url.Setting, "key \"traces\" must be a number from 0 to 1, the part of the requests that is traced");
        return 0.1;
    }

    private static TimeSpan Limited(AdapterUrl url, string key, TimeSpan @default)
    {
        var duration = url.Duration(key, @default);
        if (duration > TimeSpan.FromMinutes(1))
        {
            url.Faults.Add(url.Setting, $"key \"{key}\" must be at most 1m");
            return @default;
        }

        return duration;
    }
}
