using System.Text;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Explains the command line.</summary>
internal static class Help
{
    private const string Word = "help";

    /// <summary>Whether an argument asks for it.</summary>
    public static bool IsAskedBy(string argument) => argument is "--help" or "-h" or "-?" or Word;

    /// <summary>Explains the verb that the other words name, or everything when there are none.</summary>
    /// <exception cref="UsageException">There is no such verb.</exception>
    public static string Of(IReadOnlyList<string> args, IReadOnlyList<IVerb> verbs)
    {
        var words = args.Where(a => !IsAskedBy(a)).TakeWhile(IsWord).ToList();
        return words.Count == 0 ? OfAll(verbs) : OfOne(VerbLine.Find(words, verbs));
    }

    /// <summary>How a verb is called.</summary>
    public static string LineOf(IVerb verb) => $"./run {CallOf(verb)} [settings]";

    private static bool IsWord(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterLower(c) || c == '-') && argument[0] != '-';

    private static string CallOf(IVerb verb) =>
        string.Join(
            ' ',
            [
                verb.Name, .. verb.Operands.Select(o => o.EndsWith('?') ? $"[<{o.TrimEnd('?')}>]" : $"<{o}>"),
                .. verb.Option is null ? Array.Empty<string>() : [$"[--{verb.Option}]"]]);

    private static string OfOne(IVerb verb) => $"""
        {LineOf(verb)}

        {verb.Summary}.

        {verb.Details}

        """;

    private static string OfAll(IReadOnlyList<IVerb> verbs)
    {
        var width = verbs.Max(v => CallOf(v).Length);
        var lines = new StringBuilder();
        foreach (var verb in verbs)
        {
            lines.Append("  ").Append(CallOf(verb).PadRight(width)).Append("  ").AppendLine(verb.Summary);
        }

        return $"""
            ./run [settings]           start the server
            ./run <verb> [settings]    do one thing and end

            {lines}  {$"{Word} [verb]".PadRight(width)}  Explain a verb
              {Arguments.Version.PadRight(width)}  Print the version

            Settings override appsettings.json: --urls http://localhost:6000 Adapters:Cache=memory:?size=1GB

            Exit codes: 0 done, 1 failed, 2 findings, 64 wrong command line, 78 wrong configuration, 130 cancelled

            """;
    }
}
