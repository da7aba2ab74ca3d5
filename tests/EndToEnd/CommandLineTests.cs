using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly Verbs _verbs = new();

    public void Dispose() => _verbs.Dispose();

    [Theory]
    [InlineData("verfy", "unknown verb \"verfy\"; did you mean \"verify\"?")]
    [InlineData("events shwo", "unknown verb \"events shwo\"; did you mean \"events show\"?")]
    [InlineData("rebuild --kidn x", "unknown option \"--kidn\"; did you mean \"--kind\"?")]
    [InlineData("rebuild --kind", "--kind needs a value")]
    [InlineData("backup", "./run backup <directory>")]
    [InlineData("events show nonsense", "\"nonsense\" is no stream")]
    public async Task Answers_a_wrong_command_line_with_64_and_what_would_be_right(string arguments, string answer)
    {
        var (code, output) = await _verbs.RunAsync(arguments.Split(' '));

        Assert.Equal(64, code);
        Assert.Contains(answer, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_verbs.Folder, "data")));
    }

    [Fact]
    public async Task Explains_every_verb()
    {
        var (code, output) = await _verbs.RunAsync("--help");

        Assert.Equal(0, code);
        foreach (var verb in new[] { "verify", "rebuild", "backup", "restore", "config check", "events show" })
        {
            Assert.Contains($"\n  {verb} ", output, StringComparison.Ordinal);
            Assert.Contains($"./run {verb}", (await _verbs.RunAsync(["help", .. verb.Split(' ')])).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Tells_all_faults_of_the_configuration_at_once_without_starting_and_without_secrets()
    {
        var (code, output) = await _verbs.RunAsync(
            "config", "check", "Adapters:Cache=reddis://app:hunter2@cache/0", "Adapters:Stor=sqlite:x.db", "Roles=wbe");
        var sound = await _verbs.RunAsync("config", "check");

        Assert.Equal((78, 0), (code, sound.Code));
        Assert.Contains("Adapters:Cache: unknown scheme \"reddis\"", output, StringComparison.Ordinal);
        Assert.Contains("Adapters:Stor: unknown port", output, StringComparison.Ordinal);
        Assert.Contains("Roles: unknown role", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
        Assert.Contains("Adapters:Store = sqlite:data/store.db", sound.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_verbs.Folder, "data")));
    }

    [Fact]
    public async Task Shows_the_events_of_a_stream_while_the_server_runs()
    {
        using var host = await _verbs.StartAsync();
        var id = await Verbs.RegisterAsync(host.Http, "ada@example.org");

        var (code, output) = await _verbs.RunAsync("events", "show", $"user-{id}");
        var none = await _verbs.RunAsync("events", "show", "user-nobody");

        Assert.Equal((0, 1), (code, none.Code));
        var line = JsonNode.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal((1, "users.registered.v1", id), ((int?)line["version"], (string?)line["type"], (string?)line["data"]!["userId"]));
        Assert.StartsWith("~p1s.", (string?)line["data"]!["firstName"], StringComparison.Ordinal); // as it lies there: sealed
        Assert.Equal("There is no stream user-nobody.", none.Output.Trim());
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("rebuild")]
    [InlineData("backup elsewhere")]
    public async Task Does_not_take_a_mistyped_path_for_an_empty_deployment(string arguments)
    {
        var (code, output) = await _verbs.RunAsync([.. arguments.Split(' '), "Adapters:Store=sqlite:daat/store.db"]);

        Assert.Equal(1, code);
        Assert.Equal("There is no store at sqlite:daat/store.db yet.", output.Trim());
        Assert.False(Directory.Exists(Path.Combine(_verbs.Folder, "daat")));
    }
}
