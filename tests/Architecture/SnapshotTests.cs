namespace Monolith.Architecture.Tests;

public sealed class SnapshotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("snapshots-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Finds_the_snapshot_beside_the_caller() =>
        Snapshot.Match("One line of text.\n", "snapshot.sample");

    [Fact]
    public void Accepts_what_is_equal_and_leaves_nothing_behind()
    {
        Write("names.verified.txt", "Ada\nGrace\n");
        Write("names.received.txt", "from an earlier run");

        Assert.Null(Compare("Ada\nGrace"));

        Assert.False(Exists("names.received.txt"));
    }

    [Fact]
    public void Ignores_line_ends_of_another_platform()
    {
        Write("names.verified.txt", "Ada\r\nGrace\r\n");

        Assert.Null(Compare("Ada\nGrace\n"));
    }

    [Fact]
    public void Refuses_what_differs_and_shows_the_lines()
    {
        Write("names.verified.txt", "Ada\nGrace\nBarbara\n");

        var difference = Compare("Ada\nEdsger\nBarbara\nTony\n");

        Assert.Contains("- 2: Grace\n+ 2: Edsger\n+ 4: Tony\n", difference, StringComparison.Ordinal);
        Assert.DoesNotContain("Barbara", difference, StringComparison.Ordinal);
        Assert.Equal("Ada\nEdsger\nBarbara\nTony\n", Read("names.received.txt"));
        Assert.Equal("Ada\nGrace\nBarbara\n", Read("names.verified.txt"));
    }

    [Fact]
    public void Refuses_what_has_no_snapshot_yet()
    {
        var difference = Compare("Ada");

        Assert.Contains("there is no snapshot yet\n+ 1: Ada", difference, StringComparison.Ordinal);
        Assert.False(Exists("names.verified.txt"));
    }

    [Fact]
    public void Writes_the_snapshot_when_told_to_accept()
    {
        Compare("Ada");

        Assert.Null(Compare("Ada", accept: true));

        Assert.Equal("Ada\n", Read("names.verified.txt"));
        Assert.False(Exists("names.received.txt"));
        Assert.Null(Compare("Ada"));
    }

    private string? Compare(string text, bool accept = false) => Snapshot.Difference(_folder, "names", text, accept);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder, name));

    private bool Exists(string name) => File.Exists(Path.Combine(_folder, name));
}
