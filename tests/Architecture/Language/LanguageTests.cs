using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests.Language;

/// <summary>The words and the form of what people read. <c>docs/style.md</c> has the reasons.</summary>
public sealed partial class LanguageTests
{
    // Folders and files whose text is held to the list of words.
    private static readonly string[] _read =
        ["src", "adapters", "tests", "docs", "eng", "deploy", ".ci", ".github", "run", "test", "appsettings.json"];

    // The glossary shows former words beside the present ones; the other two are the list and what tests it.
    private static readonly string[] _former =
        ["docs/glossary.md", "tests/Architecture/Language/words.txt", "tests/Architecture/Language/LanguageTests.cs"];

    public static TheoryData<string> Pages => [.. Page.All.Select(p => p.Path)];

    [Fact]
    public void No_word_of_the_list_is_used()
    {
        var words = Words();

        var found = Texts().Except(_former).SelectMany(file => File.ReadLines(Absolute(file)).SelectMany((line, i) => words
            .Select(w => (w.Better, Match: w.Pattern.Match(WordsOf(line)))).Where(w => w.Match.Success)
            .Select(w => $"{file}:{i + 1}: \"{w.Match.Value}\" → {w.Better}"))).ToList();

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Theory]
    [InlineData("Nobody waits.", true)]
    [InlineData("The node is away", true)]
    [InlineData("somebody's key", true)]
    [InlineData("public void Lets_nobody_in()", true)]
    [InlineData("an anewly coined word, far away", false)]
    public void Finds_words_and_not_parts_of_words(string text, bool found) =>
        Assert.Equal(found, Words().Any(w => w.Pattern.IsMatch(WordsOf(text))));

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_line_holds_one_sentence(string page) => Assert.All(new Page(page).Prose(), line =>
        Assert.False(SentenceWithin().IsMatch(Opening().Replace(line.Text, "")), $"{page}:{line.Number}: {line.Text}"));

    [Theory]
    [InlineData("One. Two.", true)]
    [InlineData("Why? Because.", true)]
    [InlineData("**A heading.** And its sentence.", false)]
    [InlineData("1. A numbered item.", false)]
    [InlineData("- *Italics end*: one, e.g. Two", false)]
    [InlineData("In (brackets, see v. Two) it is left alone", false)]
    public void Tells_sentences_apart(string line, bool two) => Assert.Equal(two, SentenceWithin().IsMatch(Opening().Replace(line, "")));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page) => Assert.All(new Page(page).Links(), link => Assert.True(Leads(page, link), link));

    private static bool Leads(string page, string link)
    {
        var (path, anchor) = link.Split('#') is [var p, var a] ? (p, a) : (link, "");
        var target = path.Length == 0
            ? page
            : Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Absolute(page))!, path)));
        return Path.Exists(Absolute(target)) && (anchor.Length == 0 || new Page(target).Anchors().Contains(anchor));
    }

    private static IEnumerable<string> Texts() =>
        Page.All.Select(p => p.Path).Concat(_read.Where(r => Path.Exists(Absolute(r))).SelectMany(read =>
            File.Exists(Absolute(read)) ? [read] : Directory.EnumerateFiles(Absolute(read), "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/')).Where(IsText)))
        .Distinct();

    private static bool IsText(string file) =>
        !file.EndsWith(".gz", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal);

    // The name of a test is a sentence.
    private static string WordsOf(string line) => line.Replace('_', ' ');

    private static List<(Regex Pattern, string Better)> Words() =>
    [
        .. File.ReadLines(Absolute("tests/Architecture/Language/words.txt")).Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => Columns().Split(l, 2)).Select(c => (new Regex($@"\b(?:{c[0]})\b", RegexOptions.IgnoreCase), c[1])),
    ];

    private static string Absolute(string path) => Path.Combine(Repository.Root, path);

    // "e.g." and "v." are no ends of sentences, nor is anything within brackets.
    [GeneratedRegex(@"^[^(]*(?:\([^()]*\)[^(]*)*(?<!\b(?:e\.g|i\.e|v|vs|cf))[.!?][*_""')]*\s+[*_""'(\[]*[A-Z]")]
    private static partial Regex SentenceWithin();

    // The mark of a list item, and a heading that runs into its first sentence.
    [GeneratedRegex(@"^\s*(?:(?:[-*]|\d+\.)\s+)?(?:\*{1,2}[^*]+[.!?]\*{1,2})?")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\s{2,}")]
    private static partial Regex Columns();
}
