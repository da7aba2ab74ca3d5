namespace Monolith.EndToEnd.Tests;

public sealed class ConfigurationFaultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lists_all_faults_at_once_and_ends_with_78()
    {
        using var host = HostProcess.Launch(_folder, ["Adapters:Cache=reddis://user:pa55@x", "Adapters:Quue=store:", "Roles=wroker"]);

        Assert.Equal(78, await host.ExitAsync(TestContext.Current.CancellationToken));

        var lines = host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains(lines, l => l.StartsWith("Adapters:Cache: unknown scheme \"reddis\"", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("did you mean \"Queue\"?", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("did you mean \"worker\"?", StringComparison.Ordinal));
        Assert.DoesNotContain("pa55", host.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data")));
    }

    [Theory]
    [InlineData("Adaptors:Cache=redis://x", "Adaptors: unknown section \"Adaptors\"; did you mean \"Adapters\"?")]
    [InlineData("--Adaptors:Cache=redis://x", "Adaptors: unknown section \"Adaptors\"; did you mean \"Adapters\"?")]
    [InlineData("Role=web", "Role: unknown setting \"Role\"; did you mean \"Roles\"?")]
    [InlineData("Elsewhere:A=b", "Elsewhere: unknown section \"Elsewhere\"; known: ")]
    [InlineData("Adapters=redis://x", "Adapters: is a section and takes no value of its own")]
    [InlineData("Urls=nowhere", "Urls: \"nowhere\" is not an address to listen on")]
    public async Task Refuses_a_section_that_nothing_reads(string argument, string fault)
    {
        foreach (string[] verb in new[] { Array.Empty<string>(), ["config", "check"] })
        {
            using var host = HostProcess.Run(_folder, [.. verb, argument]);

            Assert.Equal(78, await host.ExitAsync(TestContext.Current.CancellationToken));
            Assert.StartsWith(fault, host.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Adaptors__Cache", "Adaptors: unknown section \"Adaptors\"; did you mean \"Adapters\"?")]
    [InlineData("LIMIT__DRAINSECONDS", "LIMIT: unknown section \"LIMIT\"; did you mean \"Limits\"?")]
    [InlineData("Loging__LogLevel__Default", "Loging: unknown section \"Loging\"; did you mean \"Logging\"?")]
    public async Task Refuses_a_variable_whose_section_is_nearly_one_of_ours(string variable, string fault)
    {
        using var host = HostProcess.Launch(_folder, [], environment: (variable, "5"));

        Assert.Equal(78, await host.ExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(fault, host.Output.Trim());
    }

    [Theory]
    [InlineData("Serilog__MinimumLevel")] // another program's
    [InlineData("Adaptors_Cache")]
    [InlineData("JOBS")]
    [InlineData("ASPNETCORE_Adaptors__Cache")]
    [InlineData("LIMITS__DRAINSECONDS")] // ours
    public async Task Leaves_the_rest_of_the_environment_alone(string variable)
    {
        using var host = await HostProcess.StartAsync(_folder, [], TestContext.Current.CancellationToken, environment: (variable, "1"));

        Assert.Equal(0, await host.StopAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Refuses_a_section_of_a_file_that_nothing_reads()
    {
        // Beside the program, as settings are; the name keeps it from every other process.
        var environment = Path.GetFileName(_folder);
        var file = Path.Combine(Path.GetDirectoryName(HostProcess.Assembly())!, $"appsettings.{environment}.json"); // has a directory
        await File.WriteAllTextAsync(
            file, """{ "Adaptors": { "Cache": "redis://x" }, "Limits": {} }""", TestContext.Current.CancellationToken);
        try
        {
            using var host = HostProcess.Launch(_folder, ["--environment", environment]);

            Assert.Equal(78, await host.ExitAsync(TestContext.Current.CancellationToken));
            Assert.Equal("Adaptors: unknown section \"Adaptors\"; did you mean \"Adapters\"?", host.Output.Trim());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
