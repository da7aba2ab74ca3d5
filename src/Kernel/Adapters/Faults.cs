namespace Monolith.Kernel.Adapters;

/// <summary>Everything that is wrong with the configuration, one readable line each.</summary>
public sealed class Faults
{
    private readonly List<string> _lines = [];

    /// <summary>The lines, in the order in which they were found.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <param name="setting">Which setting: <c>Adapters:Cache</c>.</param>
    /// <param name="message">What is wrong and what would be right; no secret.</param>
    public void Add(string setting, string message) => _lines.Add($"{setting}: {message}");

    /// <summary>Says that a name is not known, with the nearest one that is, or all of them.</summary>
    public void AddUnknown(string setting, string what, string name, IEnumerable<string> known)
    {
        var names = known.Order(StringComparer.Ordinal).ToList();
        var hint = Nearest(name, names) is { } nearest ? $"did you mean \"{nearest}\"?"
            : names.Count == 0 ? "none is known here" : $"known: {string.Join(", ", names)}";
        Add(setting, $"unknown {what} \"{name}\"; {hint}");
    }

    /// <summary>Finds the known name that a mistyped one was probably meant to be; null when none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known) =>
        known.MinBy(n => Distance(n, name)) is { } nearest && Distance(nearest, name) <= 1 + (name.Length / 4) ? nearest : null;

    /// <exception cref="ConfigurationException">There is at least one fault.</exception>
    public void ThrowIfAny()
    {
        if (_lines.Count > 0)
        {
            throw new ConfigurationException(_lines);
        }
    }

    // Levenshtein: how many letters to change, add or drop.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[b.Length];
    }
}

/// <summary>The process cannot start as it is configured.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> lines) : Exception(string.Join(Environment.NewLine, lines))
{
    /// <summary>What a process ends with when it cannot start as configured: EX_CONFIG of sysexits.h.</summary>
    public const int ExitCode = 78;

    /// <summary>One fault each.</summary>
    public IReadOnlyList<string> Lines { get; } = lines;
}
