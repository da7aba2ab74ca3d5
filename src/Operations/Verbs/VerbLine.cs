using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Reads a command line that begins with a verb.</summary>
internal static class VerbLine
{
    private static readonly string[] _plainSettings = ["urls", "roles", "environment"];

    /// <summary>Whether these arguments ask for something else than the server: they begin with a word or ask for help.</summary>
    public static bool IsFor(IReadOnlyList<string> args) => args.Count > 0 && (IsWord(args[0]) || Help.IsAskedBy(args[0]));

    /// <summary>Finds the verb and takes apart what follows it.</summary>
    /// <exception cref="UsageException">There is no such verb, or it is called otherwise.</exception>
    public static (IVerb Verb, Invocation Invocation) Read(IReadOnlyList<string> args, IReadOnlyList<IVerb> verbs, IDeploymentFactory host)
    {
        var verb = Find(args, verbs);
        var (operands, settings) = (new List<string>(), new List<string>());
        string? option = null;
        var name = verb.Option?.Split(' ')[0];
        for (var i = verb.Name.Split(' ').Length; i < args.Count; i++)
        {
            var (key, value) = args[i].Split('=', 2) is [var before, var after] ? (before, after) : (args[i], null);
            if (key == $"--{name}")
            {
                option = value ?? Next(args, ref i);
            }
            else if (IsSetting(key, value))
            {
                settings.Add(args[i]);
                if (value is null)
                {
                    settings.Add(Next(args, ref i));
                }
            }
            else if (key.StartsWith('-'))
            {
                throw Unknown("option", key, [.. name is null ? Array.Empty<string>() : [$"--{name}"], "--help"]);
            }
            else
            {
                operands.Add(args[i]);
            }
        }

        return operands.Count <= verb.Operands.Count && operands.Count >= verb.Operands.Count(o => !o.EndsWith('?'))
            ? (verb, new Invocation(operands, option, settings, host))
            : throw new UsageException($"Call it like this: {Help.LineOf(verb)}");
    }

    /// <summary>Finds the verb that one or two words name.</summary>
    /// <exception cref="UsageException">There is no such verb.</exception>
    public static IVerb Find(IReadOnlyList<string> words, IReadOnlyList<IVerb> verbs)
    {
        var two = string.Join(' ', words.Take(2));
        return verbs.FirstOrDefault(v => v.Name == words[0] || v.Name == two)
            ?? throw Unknown("verb", verbs.Any(v => v.Name.StartsWith($"{words[0]} ", StringComparison.Ordinal)) ? two : words[0], verbs.Select(v => v.Name));
    }

    /// <summary>Makes the refusal of a name, with the nearest one that is known.</summary>
    public static UsageException Unknown(string what, string name, IEnumerable<string> known)
    {
        var faults = new Faults();
        faults.AddUnknown("./run", what, name, known);
        return new UsageException(faults.Lines[0]);
    }

    private static bool IsWord(string argument) => argument.Length > 0 && argument.All(c => char.IsAsciiLetterLower(c) || c == '-') && argument[0] != '-';

    // As the server takes them: --urls X, --Adapters:Cache=X, Adapters:Cache=X.
    private static bool IsSetting(string key, string? value) => key.StartsWith("--", StringComparison.Ordinal)
        ? key.Contains(':', StringComparison.Ordinal) || _plainSettings.Contains(key[2..], StringComparer.OrdinalIgnoreCase)
        : value is not null && !key.Contains('/', StringComparison.Ordinal);

    private static string Next(IReadOnlyList<string> args, ref int i) =>
        ++i < args.Count ? args[i] : throw new UsageException($"{args[i - 1]} needs a value.");
}
