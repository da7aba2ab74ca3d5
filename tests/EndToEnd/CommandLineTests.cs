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
    [InlineData("--versoin", "unknown option \"--versoin\"; did you mean \"--version\"?")]
    [InlineData("--versoin verify", "unknown option \"--versoin\"; did you mean \"--version\"?")]
    [InlineData("verify --versoin", "unknown option \"--versoin\"; did you mean \"--version\"?")]
    [InlineData("--ulrs http://127.0.0.1:1 config check", "unknown option \"--ulrs\"; did you mean \"--urls\"?")]
    [InlineData("config check --port 6000", "unknown option \"--port\"; known: ")]
    [InlineData("--kidn x rebuild", "unknown option \"--kidn\"; did you mean \"--kind\"?")]
    [InlineData("verify --kind x", "unknown option \"--kind\"; known: ")]
    [InlineData("--kind x", "unknown option \"--kind\"; known: ")]
    [InlineData("-v", "unknown option \"-v\"; known: ")]
    [InlineData("--urls", "--urls needs a value.")]
    [InlineData("--urls --roles web", "--urls needs a value.")]
    [InlineData("--Adapters:Cache", "--Adapters:Cache needs a value.")]
    [InlineData("http://localhost:6000", "unknown verb \"http://localhost:6000\"")]
    public async Task Answers_a_wrong_command_line_with_64_and_what_would_be_right(string arguments, string answer)
    {
        var (code, output) = await _verbs.RunAsync(arguments.Split(' '));

        Assert.Equal(64, code);
        Assert.Contains(answer, Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_verbs.Folder, "data")));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--version --urls http://127.0.0.1:1")]
    [InlineData("verify --version")]
    public async Task Prints_the_version(string arguments)
    {
        var (code, output) = await _verbs.RunAsync(arguments.Split(' '));

        Assert.Equal(0, code);
        Assert.Matches(@"^Monolith \d+\.\d+\.\d+\S*$", output.Trim());
        Assert.False(Directory.Exists(Path.Combine(_verbs.Folder, "data")));
    }

    [Theory]
    [InlineData("config check --urls http://localhost:6000", "Urls = http://localhost:6000")]
    [InlineData("--urls http://localhost:6000 config check", "Urls = http://localhost:6000")]
    [InlineData("config check Adapters:Cache=memory:?size=1GB", "Adapters:Cache = memory:?size=1GB")]
    [InlineData("config check --Adapters:Cache=memory:?size=1GB", "Adapters:Cache = memory:?size=1GB")]
    [InlineData("--Adapters:Cache memory:?size=1GB config check", "Adapters:Cache = memory:?size=1GB")]
    [InlineData("config check --adapters:store:a-1 sqlite:a.db", "Adapters:Store:a-1 = sqlite:a.db")]
    [InlineData("config check --Logging:LogLevel:Microsoft.AspNetCore=None", "Logging:LogLevel:Microsoft.AspNetCore = None")]
    [InlineData("config check --http_ports 6000", "Urls = http://*:6000")]
    [InlineData("config check", "Urls = http://localhost:5000")]
    public async Task Takes_settings_in_every_documented_form(string arguments, string setting)
    {
        var (code, output) = await _verbs.RunAsync(arguments.Split(' '));

        Assert.Equal(0, code);
        Assert.Contains(setting, output.Split('\n'));
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
        var none = await _verbs.RunAsync("events", "show", "user-none");

        Assert.Equal((0, 1), (code, none.Code));
        var line = JsonNode.Parse(Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal((1, "users.registered.v1", id), ((int?)line["version"], (string?)line["type"], (string?)line["data"]!["userId"]));
        Assert.StartsWith("~p1s.", (string?)line["data"]!["firstName"], StringComparison.Ordinal); // as it lies there: sealed
        Assert.Equal("There is no stream user-none.", none.Output.Trim());
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
