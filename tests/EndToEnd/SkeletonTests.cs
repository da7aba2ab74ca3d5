using System.Diagnostics;

namespace Monolith.EndToEnd.Tests;

/// <summary><c>eng/new</c>, in a copy of what it reads and changes.</summary>
public sealed class SkeletonTests : IDisposable
{
    private readonly string _copy = Directory.CreateTempSubdirectory("monolith-new-").FullName;

    public SkeletonTests()
    {
        foreach (var file
            in Directory.GetFiles(Repository.Root).Where(
                f => Path.GetExtension(f) is ".sln" or ".props" or ".targets" or ".json" or ".txt" or ".editorconfig"))
        {
            File.Copy(file, Path.Combine(_copy, Path.GetFileName(file)));
        }

        Copy("eng");
        Copy("src/Kernel");
        Copy("src/Modules");
        File.Copy(
            Path.Combine(Repository.Root, "src", "Host", "Catalog.cs"),
            Path.Combine(Directory.CreateDirectory(In("src/Host")).FullName, "Catalog.cs"));
    }

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    [Fact]
    public async Task What_it_writes_compiles_at_once()
    {
        Assert.Equal(0, (await NewAsync("module", "Shop", "Order")).Code);
        Assert.Equal(0, (await NewAsync("use-case", "Shop", "SetNote")).Code);
        Assert.Equal(0, (await NewAsync("use-case", "Users", "SetMotto")).Code);

        Assert.All(["src/Modules/Shop/Monolith.Shop.csproj", "src/Modules/Users/Monolith.Users.csproj"], project =>
        {
            using var build = Start("dotnet", "build", project, "-c", "Release", "--nologo", "-v", "q", "-nodeReuse:false");
            Assert.True(build.ExitAsync(default).GetAwaiter().GetResult() == 0, build.Output);
        });
    }

    [Fact]
    public async Task Enters_what_it_writes_where_it_must_be_known()
    {
        await NewAsync("module", "Shop", "Order");
        await NewAsync("use-case", "Shop", "SetNote");

        Assert.Contains(
            "using Monolith.Sessions;\nusing Monolith.Shop;\nusing Monolith.Users;\n", Read("src/Host/Catalog.cs"),
            StringComparison.Ordinal);
        Assert.Contains("        new ShopModule(),\n", Read("src/Host/Catalog.cs"), StringComparison.Ordinal);
        Assert.Contains("Monolith.Shop.Contracts.csproj", Read("Monolith.sln"), StringComparison.Ordinal);
        Assert.Contains("group.MapSetNote();", Read("src/Modules/Shop/ShopModule.cs"), StringComparison.Ordinal);
        Assert.Contains("[JsonSerializable(typeof(Order.NoteSet))]", Read("src/Modules/Shop/ShopModule.cs"), StringComparison.Ordinal);
        Assert.Contains("NoteSet e => this with { Note = e.Note },", Read("src/Modules/Shop/Order.cs"), StringComparison.Ordinal);
        Assert.Equal(["shop.note-set.v1.json", "shop.order-added.v1.json"], Files("tests/Architecture/Golden"));
        Assert.Equal(["AddOrderTests.cs", "SetNoteTests.cs"], Files("tests/Modules/Shop"));
        Assert.DoesNotContain(
            "__", string.Concat(Files("src/Modules/Shop").Select(f => Read($"src/Modules/Shop/{f}"))), StringComparison.Ordinal);
    }

    // tests/Architecture refuses a longer one.
    [Fact]
    public async Task Writes_no_line_that_is_too_long()
    {
        var before = Lines();

        await NewAsync("module", "Notifications", "DeliveryAttempt");
        await NewAsync("use-case", "Notifications", "SetDescription");
        await NewAsync("use-case", "Users", "SetPreferredLanguage");

        var written = Lines().Except(before, StringComparer.Ordinal).ToList();
        Assert.Contains("        new NotificationsModule(),", written);
        Assert.All(written, line => Assert.InRange(line.Length, 0, 140));
    }

    [Theory]
    [InlineData("Unknown \"thing\"", "thing", "Shop")]
    [InlineData("needs a C# name", "module", "shop")]
    [InlineData("needs a C# name", "module", "../Shop")]
    [InlineData("needs a C# name", "module", "")]
    [InlineData("exists already", "module", "Users")]
    [InlineData("exists already", "module", "Kernel")]
    [InlineData("name of its module", "module", "Shop", "Shop")]
    [InlineData("There is an aggregate Photo already", "module", "Shop", "Photo")]
    [InlineData("takes a name", "module")]
    [InlineData("There is no module Shop", "use-case", "Shop", "SetNote")]
    [InlineData("a verb and a noun", "use-case", "Users", "Set")]
    [InlineData("There is a RegisterUser already", "use-case", "Users", "RegisterUser")]
    [InlineData("Address already that is no text", "use-case", "Users", "MoveAddress")]
    [InlineData("Name one of the aggregates", "use-case", "Sessions", "SetNote")]
    public async Task Refuses_and_changes_nothing(string reason, params string[] arguments)
    {
        var before = Everything();

        var (code, output) = await NewAsync(arguments);

        Assert.Equal(64, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Overwrites_nothing()
    {
        var golden = Directory.CreateDirectory(In("tests/Architecture/Golden")).FullName;
        await File.WriteAllTextAsync(Path.Combine(golden, "shop.order-added.v1.json"), "mine");
        var before = Everything();

        var (code, output) = await NewAsync("module", "Shop", "Order");

        Assert.Equal((1, true), (code, output.Contains("exists already: nothing was written", StringComparison.Ordinal)));
        Assert.Equal(before, Everything());
    }

    [Fact]
    public async Task Explains_itself()
    {
        var (code, output) = await NewAsync("--help");

        Assert.Equal(0, code);
        Assert.Contains("eng/new use-case MODULE NAME", output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> NewAsync(params string[] arguments)
    {
        using var process = Start("bash", ["eng/new", .. arguments]);
        return (await process.ExitAsync(default), process.Output);
    }

    private CapturedProcess Start(string program, params string[] arguments) =>
        new(new ProcessStartInfo(program, arguments) { WorkingDirectory = _copy });

    private void Copy(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
        {
            var target = In(Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private string Everything() =>
        string.Join('\n', Directory.EnumerateFiles(_copy, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {new FileInfo(f).Length} {File.GetLastWriteTimeUtc(f):O}"));

    private List<string> Lines() =>
        [.. Directory.EnumerateFiles(_copy, "*.cs", SearchOption.AllDirectories).SelectMany(File.ReadLines)];

    private IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(In(folder)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private string Read(string file) => File.ReadAllText(In(file));

    private string In(string path) => Path.Combine(_copy, path);
}
