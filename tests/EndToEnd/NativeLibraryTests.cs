namespace Monolith.EndToEnd.Tests;

/// <summary>SQLite and libvips come with the program: nothing is installed, and nothing of the system's is used.</summary>
public sealed class NativeLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // With all it brings libvips takes memory, which a process without images does not need.
    [Fact]
    public async Task Sqlite_is_loaded_at_the_start_and_libvips_with_the_first_image()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is Linux's");
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        var before = host.MappedFiles;
        await UploadAsync(host.Http, SmallJpeg.Make(new Random(1)));
        var after = host.MappedFiles;

        Assert.StartsWith(Program, Assert.Single(before.Distinct(), file => file.Contains("sqlite3.so")), StringComparison.Ordinal);
        Assert.DoesNotContain(before, file => file.Contains("vips", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith(Program, Assert.Single(after.Distinct(), file => file.Contains("libvips.so")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_libvips_says_about_an_image_reaches_neither_output()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);
        var image = SmallJpeg.Make(new Random(1));
        var end = 2 + 2 + 67; // of the tables at its beginning

        // A warning of libjpeg: "Corrupt JPEG data: 4 extraneous bytes before marker 0xc0". The image is whole nevertheless.
        await UploadAsync(host.Http, [.. image.AsSpan(0, end), 1, 2, 3, 4, .. image.AsSpan(end)]);
        await host.StopAsync(Cancelled);

        Assert.DoesNotContain("extraneous", host.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("VIPS-", host.Output, StringComparison.Ordinal);
    }

    private static string Program => Path.GetDirectoryName(HostProcess.Assembly())! + Path.DirectorySeparatorChar;

    private static async Task UploadAsync(HttpClient http, byte[] image) =>
        Assert.Equal("ready", (string?)(await PhotoVisit.UploadAsync(http, image))["state"]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
