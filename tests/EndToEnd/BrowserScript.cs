namespace Monolith.EndToEnd.Tests;

/// <summary>Runs a script of the folder <c>Browser</c>, which drives a real browser and takes screenshots.</summary>
internal static class BrowserScript
{
    /// <summary>Where the scripts leave <c>{name}-narrow.png</c> and <c>{name}-wide.png</c>.</summary>
    public static string Screenshots { get; } = Path.Combine(Repository.Root, "artifacts", "screenshots");

    /// <summary>
    /// Runs <c>Browser/{name}.mjs</c> against an instance, or without one, and fails with all it said unless it ends well.
    /// The test is skipped where the browser is missing, except in CI, where that fails.
    /// </summary>
    public static async Task RunAsync(string name, Uri? address, CancellationToken cancellationToken)
    {
        var chromium = NodeProgram.Find(Environment.GetEnvironmentVariable("CHROMIUM") ?? "chromium");
        NodeProgram.Require(chromium, "chromium");
        NodeProgram.Require(NodeProgram.Find("vips"), "vips");
        Directory.CreateDirectory(Screenshots);

        var (code, output) = await NodeProgram.RunAsync(
            "playwright-core", [Path.Combine("Browser", $"{name}.mjs")],
            [("CHROMIUM", chromium), ("SCREENSHOTS", Screenshots), ("MONOLITH_URL", address?.ToString())], cancellationToken);

        Assert.True(code == 0, $"{name}.mjs ended with {code} and said:\n{output}");
    }
}
