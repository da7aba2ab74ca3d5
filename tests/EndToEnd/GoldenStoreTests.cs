using System.Formats.Tar;
using System.IO.Compression;

namespace Monolith.EndToEnd.Tests;

/// <summary>
/// A data directory of every released format, as a former version left it: <c>Golden/format-N.tar.gz</c>. This version must go on with
/// it. A file that was released is never changed; what it holds is said in <c>docs/howto/change-an-event.md</c>.
/// </summary>
public sealed class GoldenStoreTests : IDisposable
{
    // `NEW_GOLDEN=format-3 ./test EndToEnd --filter Golden` keeps what this version leaves as the store of that name.
    private const string Variable = "NEW_GOLDEN";

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Formats => [.. Directory.GetFiles(Folder, "*.tar.gz").Select(f => Path.GetFileName(f)!).Order()];

    private static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "Golden");

    public void Dispose() => _verbs.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Is_served_and_written_on_and_stands_the_audit(string format)
    {
        await ExtractAsync(format);

        await IsGoneOnWithAsync();
    }

    [Fact]
    public async Task What_this_version_leaves_can_be_the_next_one()
    {
        using (var host = await _verbs.StartAsync())
        {
            await GoldenLife.LiveAsync(host);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name)
        {
            await KeepAsync(name);
        }

        await IsGoneOnWithAsync();
    }

    private async Task ExtractAsync(string format)
    {
        await using var file = File.OpenRead(Path.Combine(Folder, format));
        await using var tar = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, _verbs.Folder, overwriteFiles: false, Cancelled);
    }

    private async Task IsGoneOnWithAsync()
    {
        using (var host = await _verbs.StartAsync())
        {
            await GoldenLife.IsThereAsync(host.Http);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        // Before anything is built again: documents that a former version folded and this one would fold otherwise, under the same kind, show here.
        var asLeft = await _verbs.RunAsync("verify");
        var rebuilt = await _verbs.RunAsync("rebuild");
        var verified = await _verbs.RunAsync("verify");

        Assert.True(asLeft.Code == 0, asLeft.Output);
        Assert.Equal((0, 0), (rebuilt.Code, verified.Code));
    }

    [Fact]
    public async Task One_of_before_the_first_release_is_refused_in_one_line_and_left_as_it_is()
    {
        await ExtractAsync(Path.Combine("Former", "786e7ca.tar.gz"));
        var store = Path.Combine(_verbs.Folder, "data", "store.db");
        var before = await File.ReadAllBytesAsync(store, Cancelled);

        using var refused = HostProcess.Launch(_verbs.Folder, []);

        Assert.Equal(78, await refused.ExitAsync(Cancelled));
        var said = Assert.Single(refused.Output.Split('\n'), l => l.Contains("store.db", StringComparison.Ordinal) && !l.StartsWith('{'));
        Assert.EndsWith("store.db was made by a version before 0.1.0 and cannot be read; configure an empty place.", said.Trim(), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(store, Cancelled));
        Assert.Contains("made by a version before 0.1.0", (await _verbs.RunAsync("verify")).Output, StringComparison.Ordinal);
    }

    private async Task KeepAsync(string name)
    {
        Directory.CreateDirectory(Folder);
        await using var file = File.Create(Path.Combine(Folder, $"{name}.tar.gz"));
        await using var tar = new GZipStream(file, CompressionLevel.SmallestSize);
        await TarFile.CreateFromDirectoryAsync(_verbs.Folder, tar, includeBaseDirectory: false, Cancelled);
    }
}
