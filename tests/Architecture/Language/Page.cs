using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests.Language;

/// <summary>A Markdown page of the repository.</summary>
/// <param name="Path">Relative to the root, with slashes.</param>
internal sealed partial record Page(string Path)
{
    /// <summary>The pages at the root and below <c>docs/</c>, <c>.github/</c> included.</summary>
    public static IReadOnlyList<Page> All { get; } = [.. Directory.GetFiles(Repository.Root, "*.md")
        .Concat(Directory.GetFiles(In("docs"), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.Exists(In(".github")) ? Directory.GetFiles(In(".github"), "*.md", SearchOption.AllDirectories) : [])
        .Select(f => new Page(System.IO.Path.GetRelativePath(Repository.Root, f).Replace('\\', '/')))
        .OrderBy(p => p.Path, StringComparer.Ordinal)];

    public string[] Lines => File.ReadAllLines(In(Path));

    /// <summary>Lines of running text with their numbers, without code blocks, tables, headings and code spans.</summary>
    public IEnumerable<(int Number, string Text)> Prose()
    {
        var fenced = false;
        var code = true; // An indented line is code after an empty line or another such line only; elsewhere it continues a list item.
        for (var i = 0; i < Lines.Length; i++)
        {
            var line = Lines[i];
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                continue;
            }

            code = line.Length == 0 || (code && line.StartsWith("    ", StringComparison.Ordinal));
            if (!fenced && !code && !Structure().IsMatch(line))
            {
                yield return (i + 1, CodeSpan().Replace(line, "code"));
            }
        }
    }

    /// <summary>Targets of the links to other files of the repository, as written.</summary>
    public IEnumerable<string> Links() => Prose().Select(l => l.Text).Concat(Lines.Where(l => l.StartsWith('|')))
        .SelectMany(l => Link().Matches(l)).Select(m => m.Groups[1].Value).Where(t => !t.Contains(':', StringComparison.Ordinal));

    /// <summary>Names of the places that a link can lead to, as the usual renderers make them of headings.</summary>
    public IEnumerable<string> Anchors() => Lines.Where(l => l.StartsWith('#'))
        .Select(l => NotInAnchor().Replace(l.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string In(string path) => System.IO.Path.Combine(Repository.Root, path);

    [GeneratedRegex(@"^\s*(\||#|<!--|---)")]
    private static partial Regex Structure();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
