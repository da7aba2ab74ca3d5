using Monolith.Host;
using Monolith.Operations.Deployments;
using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>How a command line is taken apart.</summary>
public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("verify", "verify", "", "")]
    [InlineData("rebuild --kind users.user.v1", "rebuild", "--kind=users.user.v1", "")]
    [InlineData("rebuild --kind=users.user.v1", "rebuild", "--kind=users.user.v1", "")]
    [InlineData("--kind a rebuild", "rebuild", "--kind=a", "")]
    [InlineData("restore dir --to 12", "restore dir", "--to=12", "")]
    [InlineData("--urls http://x --Roles=web", "", "", "urls=http://x Roles=web")]
    [InlineData("--Adapters:Cache=memory:?size=1GB", "", "", "Adapters:Cache=memory:?size=1GB")] // split at the first sign alone
    [InlineData("Adapters:Cache=memory:?size=1GB", "", "", "Adapters:Cache=memory:?size=1GB")]
    [InlineData("--Adapters:Cache memory:?size=1GB verify", "verify", "", "Adapters:Cache=memory:?size=1GB")]
    [InlineData("move s3://photos?endpoint=https://x", "move s3://photos?endpoint=https://x", "", "")] // no setting
    [InlineData("move file:/there?x=y main Roles=web", "move file:/there?x=y main", "", "Roles=web")]
    [InlineData("--Limits:DrainSeconds -1", "", "", "Limits:DrainSeconds=-1")]
    public void Are_words_options_and_settings(string line, string words, string options, string settings)
    {
        var read = Arguments.Read(Split(line), CommandLine.Verbs);

        Assert.Equal(
            (words, options, settings),
            (string.Join(' ', read.Words), string.Join(' ', read.Options.Select(o => $"{o.Key}={o.Value}")),
                string.Join(' ', read.Settings)));
    }

    [Theory]
    [InlineData("rebuild --kind", "--kind needs a value.")]
    [InlineData("restore x --to --kind", "--to needs a value.")]
    [InlineData("--urls", "--urls needs a value.")]
    [InlineData("--Adapters:Cache --urls http://x", "--Adapters:Cache needs a value.")]
    [InlineData("-x", "unknown option \"-x\"; known: ")]
    [InlineData("--port 6000", "unknown option \"--port\"; known: ")]
    [InlineData("--Role web", "unknown option \"--Role\"; did you mean \"--Roles\"?")]
    [InlineData("rebuild --kidn x", "unknown option \"--kidn\"; did you mean \"--kind\"?")]
    public void Lack_nothing_and_have_nothing_unknown(string line, string fault) =>
        Assert.Contains(
            fault, Assert.Throws<UsageException>(() => Arguments.Read(Split(line), CommandLine.Verbs)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("verify", "verify", "", null)]
    [InlineData("verify dir", "verify", "dir", null)]
    [InlineData("events show user-1", "events show", "user-1", null)]
    [InlineData("config check", "config check", "", null)]
    [InlineData("restore dir --to 1 --to 2", "restore", "dir", "2")] // the last one holds, as with settings
    [InlineData("move sqlite:x shard-b", "move", "sqlite:x shard-b", null)]
    public void Call_a_verb(string line, string verb, string operands, string? option)
    {
        var (found, invocation) = VerbLine.Read(Arguments.Read(Split(line), CommandLine.Verbs), CommandLine.Verbs, new DeploymentFactory());

        Assert.Equal((verb, operands, option), (found.Name, string.Join(' ', invocation.Operands), invocation.Option));
    }

    [Theory]
    [InlineData("backup", "Call it like this: ./run backup <directory> [settings]")]
    [InlineData("backup a b", "Call it like this: ./run backup <directory> [settings]")]
    [InlineData("verify a b", "Call it like this: ./run verify [<backup>] [settings]")]
    [InlineData("move", "Call it like this: ./run move <url> [<shard>] [settings]")]
    [InlineData("config check now", "Call it like this: ./run config check [settings]")]
    [InlineData("restore", "Call it like this: ./run restore <directory> [--to T] [settings]")]
    [InlineData("verify --kind x", "unknown option \"--kind\"")]
    [InlineData("backup dir --to 1", "unknown option \"--to\"")]
    [InlineData("bakup dir", "unknown verb \"bakup\"; did you mean \"backup\"?")]
    [InlineData("events", "unknown verb \"events\"")]
    [InlineData("events list", "unknown verb \"events list\"")]
    [InlineData("config chek", "unknown verb \"config chek\"; did you mean \"config check\"?")]
    [InlineData("show events", "unknown verb \"show\"")]
    public void Call_no_verb_otherwise_than_it_is_called(string line, string fault)
    {
        var arguments = Arguments.Read(Split(line), CommandLine.Verbs);

        var refused = Assert.Throws<UsageException>(() => VerbLine.Read(arguments, CommandLine.Verbs, new DeploymentFactory()));

        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("-h")]
    [InlineData("-?")]
    [InlineData("--help --urls http://x")]
    public void Ask_for_all_verbs(string line)
    {
        var help = Help.Of(Split(line), CommandLine.Verbs);

        Assert.All(CommandLine.Verbs, verb => Assert.Contains($"\n  {verb.Name} ", help, StringComparison.Ordinal));
        Assert.All(help.Split('\n'), row => Assert.DoesNotContain('\t', row));
    }

    [Theory]
    [InlineData("help restore", "./run restore <directory> [--to T] [settings]")]
    [InlineData("restore --help", "./run restore <directory> [--to T] [settings]")]
    [InlineData("restore dir -h", "./run restore <directory> [--to T] [settings]")]
    [InlineData("help events show", "./run events show <stream> [settings]")]
    [InlineData("events replay --help --position 3", "./run events replay <subscription> [--position N] [settings]")]
    public void Ask_for_one_verb(string line, string first) =>
        Assert.StartsWith($"{first}\n", Help.Of(Split(line), CommandLine.Verbs), StringComparison.Ordinal);

    [Fact]
    public void Ask_for_no_verb_that_is_not_there() =>
        Assert.Contains(
            "did you mean \"backup\"?", Assert.Throws<UsageException>(() => Help.Of(["help", "bakup"], CommandLine.Verbs)).Message,
            StringComparison.Ordinal);

    private static string[] Split(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
