namespace Monolith.EndToEnd.Tests;

public sealed class ConfigurationFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Lists_all_faults_at_once_and_ends_with_78()
    {
        using var host = HostProcess.Launch(folder, ["Adapters:Cache=reddis://user:pa55@x", "Adapters:Quue=store:", "Roles=wroker"]);

        Assert.Equal(78, await host.ExitAsync(TestContext.Current.CancellationToken));

        var lines = host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains(lines, l => l.StartsWith("Adapters:Cache: unknown scheme \"reddis\"", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("did you mean \"Queue\"?", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("did you mean \"worker\"?", StringComparison.Ordinal));
        Assert.DoesNotContain("pa55", host.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "data")));
    }
}
