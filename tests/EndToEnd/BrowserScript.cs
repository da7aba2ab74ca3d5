using System.Diagnostics;

namespace Monolith.EndToEnd.Tests;

/// <summary>Runs a script of the folder <c>Browser</c>, which drives a real browser and takes screenshots.</summary>
internal static class BrowserScript
{
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(3);

    private static readonly string folder = Path.Combine(Repository.Root, "tests", "EndToEnd");

    /// <summary>Where the scripts leave <c>{name}-narrow.png</c> and <c>{name}-wide.png</c>.</summary>
    public static string Screenshots { get; } = Path.Combine(Repository.Root, "artifacts", "screenshots");

    /// <summary>
    /// Runs <c>Browser/{name}.mjs</c> against an instance, or without one, and fails with all it said unless it ends well.
    /// The test is skipped where the browser is missing, except in CI, where that fails.
    /// </summary>
    public static async Task RunAsync(string name, Uri? address, CancellationToken cancellationToken)
    {
        var chromium = Find(Environment.GetEnvironmentVariable("CHROMIUM") ?? "chromium");
        var node = Find("node");
        Require(chromium, "chromium");
        Require(Find("vips"), "vips");
        Require(node, "node");
        Require(Directory.Exists(Path.Combine(folder, "node_modules", "playwright-core")) ? folder : null, "playwright-core");
        Directory.CreateDirectory(Screenshots);

        var start = new ProcessStartInfo(node!, [Path.Combine(folder, "Browser", $"{name}.mjs")]) // found, see Require
        {
            WorkingDirectory = folder,
            Environment = { ["CHROMIUM"] = chromium, ["SCREENSHOTS"] = Screenshots, ["MONOLITH_URL"] = address?.ToString() },
        };
        using var script = new CapturedProcess(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        int code;
        try
        {
            code = await script.ExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            script.Kill();
            throw new TimeoutException($"{name}.mjs was stopped; it said:\n{script.Output}");
        }

        Assert.True(code == 0, $"{name}.mjs ended with {code} and said:\n{script.Output}");
    }

    private static void Require(string? found, string what)
    {
        if (found is null)
        {
            var reason = $"{what} is missing; ./test EndToEnd installs it";
            Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")), reason);
            Assert.Fail(reason);
        }
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(place => Path.Combine(place, program)) // a full path stays as it is
            .FirstOrDefault(File.Exists);
}
