using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests;

/// <summary>What others' tools make of the description of the API.</summary>
public sealed partial class DescriptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keeps_every_recommended_rule_of_redocly()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);
        var file = Path.Combine(_folder, "v1.json");
        await File.WriteAllBytesAsync(file, await host.Http.GetByteArrayAsync("/openapi/v1.json", Cancelled), Cancelled);

        // Without telemetry and without a look for a newer version. That the server of a test is a local one is no fault.
        var (code, output) = await NodeProgram.RunAsync(
            "@redocly/cli",
            [
                Path.Combine("node_modules", "@redocly", "cli", "bin", "cli.js"), "lint", file, "--extends", "recommended",
                "--skip-rule", "no-server-example.com", "--format", "json",
            ],
            [("REDOCLY_TELEMETRY", "off"), ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")], Cancelled);

        Assert.True(code == 0, output);
        Assert.True(NothingFound().IsMatch(output), output);
    }

    [GeneratedRegex("\"errors\": 0,\\s*\"warnings\": 0")]
    private static partial Regex NothingFound();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
