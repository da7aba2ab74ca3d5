namespace Monolith.Adapters.Edge;

/// <summary>What every kind of edge is told: where readers find it, how its loss is noticed, and for how long it keeps what.</summary>
internal sealed class EdgeSettings
{
    /// <summary>The query keys that are known.</summary>
    public static readonly IReadOnlyList<string> Keys =
        ["url", "probe", "interval", "timeout", "fall", "rise", "keep", "stale", "again", "tag-header"];

    // What we promise: after so long no address at a lost edge is given out.
    private static readonly TimeSpan _promise = TimeSpan.FromSeconds(10);

    /// <summary>What it is called in logs and faults, without secrets.</summary>
    public string Name { get; private init; } = "";

    /// <summary>What shared caches may do.</summary>
    public EdgeTerms Terms { get; private init; } = new();

    /// <summary>What is asked for through the edge to see whether it is there; null when it has no name of its own.</summary>
    public Uri? Probe { get; private init; }

    /// <summary>How often it is asked.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; private init; }

    /// <summary>After how many bad answers in a row it counts as lost.</summary>
    public int Fall { get; private init; }

    /// <summary>After how many good answers in a row it is used again.</summary>
    public int Rise { get; private init; }

    /// <summary>Reads everything now, so that faults come out before anything starts.</summary>
    /// <param name="url">The adapter's.</param>
    /// <param name="name">What the edge is called.</param>
    public static EdgeSettings Read(AdapterUrl url, string name)
    {
        var readers = HttpUrl.Read(url, "url", "https://cdn.example.com");
        var settings = new EdgeSettings
        {
            Name = name,
            Terms = new EdgeTerms
            {
                Url = readers,
                Fresh = url.Duration("keep", TimeSpan.FromDays(1)),
                StaleIfError = url.Duration("stale", TimeSpan.FromDays(1)),
                PurgeAgainAfter = url.Text("again", "") == "never" ? null : url.Duration("again", TimeSpan.FromSeconds(10)),
                TagHeader = HttpUrl.HeaderName(url, "tag-header", "Cache-Tag"),
            },
            Probe = readers is null ? null : new Uri(readers, ProbePathOf(url)),
            Interval = url.Duration("interval", TimeSpan.FromSeconds(2)),
            Timeout = url.Duration("timeout", TimeSpan.FromSeconds(2)),
            Fall = url.Number("fall", 2, 1, 100),
            Rise = url.Number("rise", 3, 1, 1000),
        };

        // At worst it is lost right after a good answer, and every answer that follows takes all the time that it may.
        var notice = ((settings.Interval > settings.Timeout ? settings.Interval : settings.Timeout) * settings.Fall) + settings.Timeout;
        if (notice > _promise)
        {
            url.Faults.Add(
                url.Setting,
                $"would notice the loss of the edge after {notice.TotalSeconds:0.#} s only; with \"interval\", \"timeout\" and "
                    + $"\"fall\" it must be {_promise.TotalSeconds} at most");
        }

        return settings;
    }

    /// <summary>Keeps to what may be printed.</summary>
    public override string ToString() => Name;

    private static string ProbePathOf(AdapterUrl url)
    {
        // Answered by the program behind the edge, under any load, and kept by no cache: it tells of the whole way.
        var path = url.Text("probe", "/v1/limits");
        if (path is not ['/', not '/', ..] || !Uri.IsWellFormedUriString(path, UriKind.Relative))
        {
            url.Faults.Add(url.Setting, "key \"probe\" must be a path such as /v1/limits");
            return "/";
        }

        return path;
    }
}

/// <summary>Reads what goes into HTTP requests.</summary>
internal static class HttpUrl
{
    /// <summary>Reads an address without a path; null when the key is not given.</summary>
    public static Uri? Read(AdapterUrl url, string key, string example)
    {
        var text = url.Text(key, "");
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address is { PathAndQuery: "/", UserInfo: "", Fragment: "" })
        {
            return address;
        }

        url.Faults.Add(url.Setting, $"key \"{key}\" must be like {example}");
        return null;
    }

    /// <summary>Reads the name of a header (RFC 9110 §5.1, the letters that are in use).</summary>
    public static string HeaderName(AdapterUrl url, string key, string @default)
    {
        var name = url.Text(key, @default);
        if (name == @default || (name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            return name;
        }

        url.Faults.Add(url.Setting, $"key \"{key}\" must be the name of a header");
        return @default;
    }
}
