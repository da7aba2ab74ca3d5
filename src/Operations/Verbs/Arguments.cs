using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Takes the command line apart before .NET sees it.</summary>
/// <remarks>.NET reads <c>--version --urls</c> as a key and its value, and ignores what it does not know.</remarks>
/// <param name="Words">A verb and its operands; none when the server is meant.</param>
/// <param name="Options">Options of verbs, with two hyphens, and their values.</param>
/// <param name="Settings">What overrides the configuration, one <c>key=value</c> each.</param>
internal sealed record Arguments(
    IReadOnlyList<string> Words, IReadOnlyList<KeyValuePair<string, string>> Options, IReadOnlyList<string> Settings)
{
    public const string Version = "--version";

    private static readonly string[] _explaining = ["--help", Version];

    /// <exception cref="UsageException">An option is not known, or lacks its value.</exception>
    public static Arguments Read(IReadOnlyList<string> args, IReadOnlyList<IVerb> verbs)
    {
        var (words, options, settings) = (new List<string>(), new List<KeyValuePair<string, string>>(), new List<string>());
        var optionsOfVerbs = verbs.Select(OptionOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var (key, value) = args[i].Split('=', 2) is [var before, var after] ? (before, after) : (args[i], null);
            if (optionsOfVerbs.Contains(key))
            {
                options.Add(new(key, value ?? Next(args, ref i)));
            }
            else if (IsSettingOption(key))
            {
                settings.Add($"{key[2..]}={value ?? Next(args, ref i)}");
            }
            else if (key.StartsWith('-'))
            {
                throw UnknownOption(key, VerbAmong(args, verbs));
            }
            else if (value is not null && IsKey(key))
            {
                settings.Add(args[i]);
            }
            else
            {
                words.Add(args[i]);
            }
        }

        return new Arguments(words, options, settings);
    }

    /// <summary>Makes the refusal of an option, with the nearest one that is known.</summary>
    /// <param name="name">As it was given.</param>
    /// <param name="verb">Whose options are known; null for the server.</param>
    public static UsageException UnknownOption(string name, IVerb? verb)
    {
        string[] own = verb is { } known && OptionOf(known) is { } option ? [option] : [];
        return VerbLine.Unknown("option", name, [.. own, .. _explaining, .. KnownSections.Values.Select(v => $"--{v}")]);
    }

    /// <summary>The option of a verb, with two hyphens; null when it has none.</summary>
    public static string? OptionOf(IVerb verb) => verb.Option is { } option ? $"--{option.Split(' ')[0]}" : null;

    // Sections are looked at later, where those of files and of the environment are.
    private static bool IsSettingOption(string key) => key.StartsWith("--", StringComparison.Ordinal)
        && (key.Contains(':', StringComparison.Ordinal) || KnownSections.Values.Contains(key[2..], StringComparer.OrdinalIgnoreCase));

    // Not the URL of an adapter, which may hold an equals sign too.
    private static bool IsKey(string key) =>
        key.Length > 0 && key.All(c => char.IsLetterOrDigit(c) || c is ':' or '_' or '-' or '.' or ' ');

    private static IVerb? VerbAmong(IReadOnlyList<string> args, IReadOnlyList<IVerb> verbs)
    {
        var words = $" {string.Join(' ', args.Where(a => !a.StartsWith('-')))} ";
        return verbs.FirstOrDefault(v => words.Contains($" {v.Name} ", StringComparison.Ordinal));
    }

    private static string Next(IReadOnlyList<string> args, ref int i) =>
        ++i < args.Count && !args[i].StartsWith("--", StringComparison.Ordinal)
        ? args[i]
        : throw new UsageException($"{args[i - 1]} needs a value.");
}
