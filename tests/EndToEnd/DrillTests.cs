using System.Diagnostics;

namespace Monolith.EndToEnd.Tests;

public sealed class DrillTests
{
    // Ends a drill that would never end: its forty starts and ends take two minutes on a quiet machine, and ten times that on a busy one.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(30);

    [Fact]
    public async Task Keeps_what_it_acknowledged_through_twenty_kills()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(_limit);
        using var drill = new CapturedProcess(new ProcessStartInfo("dotnet", [Assembly, "kill9", "20"]));

        var code = await drill.ExitAsync(limit.Token);

        Assert.True(code == 0, drill.Output);
        Assert.EndsWith("PASS", drill.Output.TrimEnd(), StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(drill.Output);
    }

    // Beside our own output, in the configuration that we were built in ourselves.
    private static string Assembly => Path.Combine(
        Repository.Root, "artifacts", "bin", "Monolith.Drills",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Monolith.Drills.dll");
}
