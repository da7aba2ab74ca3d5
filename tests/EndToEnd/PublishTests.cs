using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Monolith.EndToEnd.Tests;

/// <summary><c>eng/publish</c>: what it writes starts on a machine without the SDK.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-published-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_published_folder_does_the_main_job_from_an_empty_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the program is found by its name on Linux");
        var platform = $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        await PublishAsync(platform);
        var program = Path.Combine(Repository.Root, "artifacts", "publish", platform, "Monolith.Host");

        // Where .NET was installed for one user its programs are told where; a machine-wide one is found without.
        using var host = await HostProcess.StartAsync(
            _folder, [], Cancelled, environment: ("DOTNET_ROOT", Path.GetDirectoryName(DotNet)!), program: program);
        var photo = await PhotoVisit.UploadAsync(host.Http, SmallJpeg.Make(new Random(1)));

        Assert.Equal("ready", (string?)photo["state"]);
        Assert.True(File.Exists(Path.Combine(_folder, "data", "store.db")), "its data lies where it is started");
        Assert.All(
            host.MappedFiles.Where(file => Path.GetFileName(file).StartsWith("Monolith.", StringComparison.Ordinal)),
            file => Assert.StartsWith(Path.GetDirectoryName(program)!, file, StringComparison.Ordinal));
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    [Fact]
    public async Task Refuses_a_platform_that_it_does_not_know()
    {
        var (code, output) = await RunAsync("linux-x46");

        Assert.Equal(1, code);
        Assert.Contains("eng/publish does not know linux-x46; it knows linux-x64", output, StringComparison.Ordinal);
    }

    private static async Task PublishAsync(string platform)
    {
        var (code, output) = await RunAsync(platform);
        Assert.True(code == 0, output);
        Assert.Matches($@"^artifacts/publish/{platform}: .* files\s*$", output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string platform)
    {
        using var process = new CapturedProcess(
            new ProcessStartInfo("bash", ["eng/publish", platform]) { WorkingDirectory = Repository.Root });
        return (await process.ExitAsync(Cancelled), process.Output);
    }

    private static string DotNet => Process.GetProcessById(Environment.ProcessId).MainModule!.FileName;
}
