using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Reads a command line that names a verb.</summary>
internal static class VerbLine
{
    /// <summary>Finds the verb and what belongs to it.</summary>
    /// <exception cref="UsageException">There is no such verb, or it is called otherwise.</exception>
    public static (IVerb Verb, Invocation Invocation) Read(Arguments arguments, IReadOnlyList<IVerb> verbs, IDeploymentFactory host)
    {
        var verb = Find(arguments.Words, verbs);
        var own = Arguments.OptionOf(verb);
        if (arguments.Options.FirstOrDefault(o => o.Key != own) is { Key: { } foreign })
        {
            throw Arguments.UnknownOption(foreign, verb);
        }

        var operands = arguments.Words.Skip(verb.Name.Split(' ').Length).ToList();
        return operands.Count <= verb.Operands.Count && operands.Count >= verb.Operands.Count(o => !o.EndsWith('?'))
            ? (verb, new Invocation(operands, arguments.Options.Select(o => o.Value).LastOrDefault(), arguments.Settings, host))
            : throw new UsageException($"Call it like this: {Help.LineOf(verb)}");
    }

    /// <summary>Finds the verb that one or two words name.</summary>
    /// <exception cref="UsageException">There is no such verb.</exception>
    public static IVerb Find(IReadOnlyList<string> words, IReadOnlyList<IVerb> verbs)
    {
        var two = string.Join(' ', words.Take(2));
        return verbs.FirstOrDefault(v => v.Name == words[0] || v.Name == two)
            ?? throw Unknown(
                "verb", verbs.Any(v => v.Name.StartsWith($"{words[0]} ", StringComparison.Ordinal)) ? two : words[0],
                verbs.Select(v => v.Name));
    }

    /// <summary>Makes the refusal of a name, with the nearest one that is known.</summary>
    public static UsageException Unknown(string what, string name, IEnumerable<string> known)
    {
        var faults = new Faults();
        faults.AddUnknown("./run", what, name, known);
        return new UsageException(faults.Lines[0]);
    }
}
