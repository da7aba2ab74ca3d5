using System.Globalization;

namespace Monolith.Kernel.Adapters;

/// <summary>
/// The one line that chooses and configures an adapter: <c>memory:?size=64MB</c>, <c>postgres://app:secret@db1/monolith</c>.
/// </summary>
/// <remarks>
/// Reading a value that cannot be right adds a line to <see cref="Faults"/> and answers the default, so that all faults come out at once.
/// </remarks>
public sealed class AdapterUrl
{
    private readonly Dictionary<string, string> _query = new(StringComparer.Ordinal);

    private AdapterUrl(string setting, Faults faults) => (Setting, Faults) = (setting, faults);

    /// <summary>Where it stands in the configuration: <c>Adapters:Cache</c>.</summary>
    public string Setting { get; }

    /// <summary>What is wrong with the configuration so far.</summary>
    public Faults Faults { get; }

    /// <summary>Names the adapter; lower case.</summary>
    public string Scheme { get; private init; } = "";

    /// <summary>
    /// What follows <c>user@</c> and precedes the path in the <c>//</c> form: one or more hosts with ports; otherwise empty.
    /// </summary>
    public string Authority { get; private init; } = "";

    /// <summary>The user of the <c>//</c> form, decoded; otherwise empty.</summary>
    public string User { get; private init; } = "";

    /// <summary>The password of the <c>//</c> form, decoded; otherwise empty. Never print it.</summary>
    public string Password { get; private init; } = "";

    /// <summary>What stands before the <c>?</c>, without the leading slash of the <c>//</c> form: a file, a database.</summary>
    public string Path { get; private init; } = "";

    /// <summary>The keys that were given after the <c>?</c>.</summary>
    public IReadOnlyCollection<string> Keys => _query.Keys;

    /// <summary>Takes a URL apart. What has no scheme becomes a fault and null.</summary>
    public static AdapterUrl? Parse(string setting, string text, Faults faults)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            faults.Add(setting, "is not an adapter URL; it begins with a scheme and a colon, as in \"memory:\"");
            return null;
        }

        var (rest, query) = Split(text[(colon + 1)..], '?');
        var (host, path) = !rest.StartsWith("//", StringComparison.Ordinal) ? ("", rest)
            : rest.StartsWith("///", StringComparison.Ordinal) ? ("", rest[2..]) // RFC 8089: file:///var/data is the absolute /var/data.
            : Split(rest[2..], '/');
        var at = host.LastIndexOf('@');
        var (user, password) = Split(at < 0 ? "" : host[..at], ':');

        var url = new AdapterUrl(setting, faults)
        {
            Scheme = text[..colon],
            Authority = host[(at + 1)..],
            User = Uri.UnescapeDataString(user),
            Password = Uri.UnescapeDataString(password),
            Path = Uri.UnescapeDataString(path),
        };
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = Split(pair, '=');
            if (!url._query.TryAdd(key, Uri.UnescapeDataString(value)))
            {
                faults.Add(setting, $"gives \"{key}\" twice");
            }
        }

        return url;
    }

    /// <summary>Reads a text; the default when the key is not given.</summary>
    public string Text(string key, string @default) => _query.GetValueOrDefault(key, @default);

    /// <summary>Reads one of a few words.</summary>
    public string OneOf(string key, string @default, params IReadOnlyList<string> words) =>
        Text(key, @default) is var word && words.Contains(word)
        ? word
        : Fault(key, $"must be one of {string.Join(", ", words)}", @default);

    /// <summary>Reads a whole number within bounds.</summary>
    public int Number(string key, int @default, int min, int max) =>
        !_query.TryGetValue(key, out var text) ? @default
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : Fault(key, $"must be a whole number from {min} to {max}", @default);

    /// <summary>Reads a size, in bytes: <c>64MB</c>, <c>512KB</c>, <c>2GB</c> (powers of 1,024), or plain bytes.</summary>
    public long Bytes(string key, long @default) =>
        !_query.TryGetValue(key, out var text) ? @default
        : TryBytes(text, out var bytes) ? bytes
        : Fault(key, "must be a size such as 64MB", @default);

    /// <summary>Reads a duration: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan @default) =>
        !_query.TryGetValue(key, out var text) ? @default
        : TryDuration(text, out var duration) ? duration
        : Fault(key, "must be a duration such as 500ms, 30s or 5m", @default);

    /// <summary>Reads the path, which must be there.</summary>
    /// <param name="example">What a right one looks like.</param>
    public string RequiredPath(string example)
    {
        if (Path.Length == 0)
        {
            Faults.Add(Setting, $"names no path; write it like \"{example}\"");
        }

        return Path;
    }

    /// <summary>
    /// Reads the hosts, of which there must be one or more: <c>db1</c>, <c>db1:5433</c>, <c>[::1]:5433</c>, separated by commas.
    /// </summary>
    /// <param name="defaultPort">Where none is given.</param>
    /// <param name="example">What a right URL looks like.</param>
    public IReadOnlyList<(string Host, int Port)> Hosts(int defaultPort, string example)
    {
        var hosts = new List<(string, int)>();
        foreach (var text in Authority.Split(','))
        {
            var isBare = text.StartsWith('[') ? text.EndsWith(']') : !text.Contains(':', StringComparison.Ordinal);
            var colon = isBare ? text.Length : text.LastIndexOf(':');
            var (host, port) = (text[..colon].Trim('[', ']'), defaultPort);
            if (host.Length == 0)
            {
                Faults.Add(Setting, $"names no host; write it like \"{example}\"");
            }
            else if (!isBare
                && !(
                    int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
                        && port is > 0 and < 65536))
            {
                Faults.Add(Setting, $"has no port after the colon; write it like \"{host}:{defaultPort}\"");
            }
            else
            {
                hosts.Add((host, port));
            }
        }

        return hosts;
    }

    /// <summary>Writes the URL without its password and without the values of keys that sound secret.</summary>
    public override string ToString()
    {
        var host = Authority.Length == 0 ? "" : $"//{(User.Length == 0 ? "" : $"{User}@")}{Authority}/";
        var query = string.Join('&', _query.Select(p => $"{p.Key}={(SoundsSecret(p.Key) ? "…" : p.Value)}"));
        return $"{Scheme}:{host}{Path}{(query.Length == 0 ? "" : "?")}{query}";
    }

    /// <summary>Tells by the name of a key whether its value may be printed.</summary>
    public static bool SoundsSecret(string key) =>
        key.Contains("secret", StringComparison.OrdinalIgnoreCase) || key.Contains("password", StringComparison.OrdinalIgnoreCase)
        || key.Contains("token", StringComparison.OrdinalIgnoreCase) || key.Contains("passphrase", StringComparison.OrdinalIgnoreCase)
            || key.EndsWith("key", StringComparison.OrdinalIgnoreCase);

    private static bool TryBytes(string text, out long bytes)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var factor = text[digits..]
            .ToUpperInvariant() switch { "" or "B" => 1L, "KB" => 1L << 10, "MB" => 1L << 20, "GB" => 1L << 30, _ => 0L };
        var isNumber = long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
        bytes = isNumber && bytes <= long.MaxValue >> 30 ? bytes * factor : 0;
        return bytes > 0;
    }

    private static bool TryDuration(string text, out TimeSpan duration)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var unit = text[digits..] switch { "ms" => 1L, "s" => 1_000L, "m" => 60_000L, "h" => 3_600_000L, _ => 0L };
        var isNumber = int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        duration = TimeSpan.FromMilliseconds(number * unit);
        return isNumber && duration > TimeSpan.Zero;
    }

    private static (string Before, string After) Split(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    private T Fault<T>(string key, string message, T @default)
    {
        Faults.Add(Setting, $"key \"{key}\" {message}");
        return @default;
    }
}
