using Monolith.Host;
using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>What is printed of the configuration: all that is ours, and no secret.</summary>
public sealed class ConfigCheckTests
{
    [Theory]
    [InlineData("Adapters:Cache", "redis://:hunter2@cache:6379", "redis://cache:6379/")]
    [InlineData("Adapters:Cache", "redis://cache?password-file=hunter2", "redis://cache/?password-file=…")]
    [InlineData("Adapters:Blobs", "s3://key:hunter2@photos?region=eu-1", "s3://key@photos/?region=eu-1")]
    [InlineData("Adapters:Mail", "hunter2", "…")] // may be a secret in the wrong place
    [InlineData("Backup:Passphrase", "hunter2", "…")]
    [InlineData("Backup:KeyFile", "/run/secrets/backup", "/run/secrets/backup")]
    [InlineData("Jobs:Concurrency", "3", "3")]
    [InlineData("Roles", "web", "web")]
    [InlineData("Kestrel:Endpoints:Https:Certificate:Password", "hunter2", "…")]
    [InlineData("Kestrel:Endpoints:Https:Url", "https://*:443", "https://*:443")]
    public void Shows_a_setting(string key, string value, string shown)
    {
        var settings = Effective((key, value));

        Assert.Equal(shown, settings[key]);
        Assert.DoesNotContain(settings.Values, v => v.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Shows_the_adapter_of_every_port_also_where_none_is_chosen()
    {
        var settings = Effective();

        Assert.All(Port.All, port => Assert.Equal(port.Default, settings[$"Adapters:{port.Name}"]));
        Assert.Equal("http://localhost:5000", settings["Urls"]);
    }

    [Fact]
    public void Shows_each_shard()
    {
        var settings = Effective(("Adapters:Store:a", "sqlite:a.db"), ("Adapters:Store:b", "postgres://app:hunter2@db/b"));

        Assert.Equal(("sqlite:a.db", "postgres://app@db/b"), (settings["Adapters:Store:a"], settings["Adapters:Store:b"]));
        Assert.DoesNotContain("Adapters:Store", settings.Keys);
    }

    [Fact]
    public void Leaves_out_what_is_read_by_nothing_of_ours() =>
        Assert.DoesNotContain("Elsewhere:Key", Effective(("Elsewhere:Key", "x")).Keys);

    [Theory]
    [InlineData("Adapters:Store=postgres://db/x", "Adapters:Store: names no user")]
    [InlineData(
        "Adapters:Store:A_b=sqlite:x",
        "Adapters:Store:A_b: is not a name for a shard; use up to 20 lower-case letters, digits and hyphens")]
    [InlineData("Adapters:Cache:a=memory:", "Adapters:Cache: takes one URL; only Store can be spread over several")]
    [InlineData("Jobs:Concurrency=0", "jobs:Concurrency: must be a whole number")]
    [InlineData("Media:MaxBytes=big", "media:MaxBytes: must be a whole number")]
    [InlineData("Sessions:Lifetime=x", "sessions:Lifetime: unknown key")]
    [InlineData("Backup:KeyFil=key", "Backup:KeyFil: unknown key \"KeyFil\"; did you mean \"KeyFile\"?")]
    [InlineData("TrustedProxies=proxy", "TrustedProxies: ")]
    [InlineData("Roles=web,wroker", "did you mean \"worker\"?")]
    [InlineData("Limits:Nonsense=1", "Limits:Nonsense: unknown key")]
    public async Task Ends_with_78_and_names_the_setting_that_is_wrong(string setting, string fault)
    {
        var run = await Printed.RunAsync("config", "check", setting);

        Assert.Equal(78, run.Code);
        Assert.Contains(fault, Assert.Single(run.Errors.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_two_shards_in_one_place()
    {
        var run = await Printed.RunAsync("config", "check", "Adapters:Store:a=sqlite:x.db", "Adapters:Store:b=sqlite:x.db");

        Assert.Equal((78, "Adapters:Store: a and b are the same store; each shard needs its own"), (run.Code, run.Errors));
    }

    private static IReadOnlyDictionary<string, string> Effective(params IEnumerable<(string Key, string Value)> settings) =>
        ConfigCheck.Effective(
            new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, string? (s) => s.Value)).Build(),
            Catalog.Modules);
}
