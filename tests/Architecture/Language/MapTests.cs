using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests.Language;

/// <summary>The pages that list others, and the page that lists the folders.</summary>
public sealed partial class MapTests
{
    [Fact]
    public void The_index_of_decisions_lists_each_once_with_its_title()
    {
        var listed = File.ReadLines(In("docs", "adr", "README.md")).Select(l => Decision().Match(l)).Where(m => m.Success)
            .Select(m => (File: m.Groups[3].Value, Title: $"# {m.Groups[1].Value}. {m.Groups[2].Value}"));

        var there = Directory.GetFiles(In("docs", "adr"), "0*.md").Order(StringComparer.Ordinal)
            .Select(f => (File: Path.GetFileName(f), Title: File.ReadLines(f).First()));

        Assert.Equal(there, listed);
    }

    [Fact]
    public void Every_decision_has_the_same_headings() => Assert.All(Directory.GetFiles(In("docs", "adr"), "0*.md"), file =>
        Assert.Equal(
            ["## Status", "## Context", "## Decision", "## Consequences"],
            File.ReadLines(file).Where(l => l.StartsWith("## ", StringComparison.Ordinal))));

    [Fact]
    public void The_map_leads_to_every_page()
    {
        string[] maps = ["docs/README.md", "docs/adr/README.md", "docs/adapters/README.md"];
        var reached = maps.SelectMany(m => new Page(m).Links().Select(l => Path.GetFullPath(Path.Combine(In(m), "..", l.Split('#')[0]))));

        var pages = Page.All.Where(p => p.Path.StartsWith("docs/", StringComparison.Ordinal) && p.Path != maps[0]).Select(p => In(p.Path));

        Assert.Empty(pages.Except(reached));
    }

    [Fact]
    public void The_architecture_names_every_room()
    {
        var named = Room().Matches(File.ReadAllText(In("docs", "architecture.md"))).Select(m => m.Groups[1].Value);

        string[] there = [.. Rooms("src"), .. Rooms("src/Kernel"), .. Rooms("src/Operations"), .. Rooms("adapters"), .. Rooms("tests")];

        Assert.Equal(there.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    // What a build or a tool leaves behind holds no project and no source.
    private static IEnumerable<string> Rooms(string folder) => Solution.Folders(folder.Split('/'))
        .Where(f => Directory.EnumerateFiles(In(folder, f), "*.cs", SearchOption.AllDirectories).Any())
        .Select(f => $"{folder}/{f}/");

    private static string In(params string[] path) => Path.Combine([Repository.Root, .. path]);

    [GeneratedRegex(@"^\| (\d+) \| \[(.+)\]\((.+?)\) \|")]
    private static partial Regex Decision();

    [GeneratedRegex(@"^\| `([^`]+/)` \|", RegexOptions.Multiline)]
    private static partial Regex Room();
}
