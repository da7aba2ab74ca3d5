using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests;

/// <summary>A store is moved to another one while it is used.</summary>
public sealed partial class MoveTests : IDisposable
{
    private const string Target = "sqlite:data/new.db";

    private static readonly string[] _there = [$"--Adapters:Store={Target}"];

    private const string Log = """
        select e.position || ' ' || hex(e.id) || ' ' || s.bucket || ' ' || s.name || ' ' || e.version || ' '
            || t.name || ' ' || hex(e.data) || ' ' || e.at
            || ' ' || hex(e.meta)
        from events e join streams s on s.id = e.stream join types t on t.id = e.type order by e.position
        """;

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Loses_nothing_that_was_acknowledged_before_during_or_after_the_switch()
    {
        await _verbs.LiveAsync();
        var registered = new List<string>();
        using (var host = await HostProcess.StartAsync(_verbs.Folder, ["move", Target], Cancelled))
        {
            while (!Switched().IsMatch(host.Output))
            {
                registered.Add(await RegisterAsync(host.Http, registered.Count));
            }

            registered.Add(await RegisterAsync(host.Http, registered.Count));
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        await HoldsAsync(registered);
        await IsRefusedAsync([], $"main was moved to {Target}");
    }

    [Fact]
    public async Task Goes_on_after_it_was_killed_wherever_it_was()
    {
        await _verbs.LiveAsync();
        var registered = new List<string>();
        for (var round = 0; round < 6; round++)
        {
            using var host = await HostProcess.StartAsync(_verbs.Folder, ["move", Target], Cancelled);
            var until = Random.Shared.Next(1, 6);
            for (var i = 0; i < until; i++)
            {
                registered.Add(await RegisterAsync(host.Http, registered.Count));
            }

            host.Kill();
            await host.ExitAsync(Cancelled);
        }

        using (var last = await HostProcess.StartAsync(_verbs.Folder, ["move", Target], Cancelled))
        {
            await MovedAsync(last);
            Assert.Equal(0, await last.StopAsync(Cancelled));
        }

        await HoldsAsync(registered);
    }

    [Fact]
    public async Task Refuses_a_target_that_is_in_use_and_a_store_that_is_half_moved()
    {
        await _verbs.LiveAsync();
        using (var other = await HostProcess.StartAsync(_verbs.Folder, _there, Cancelled))
        {
            Assert.Equal(0, await other.StopAsync(Cancelled));
        }

        await IsRefusedAsync(["move", Target], "the target is not empty");
        await IsRefusedAsync(["move", "sqllite:x"], "did you mean \"sqlite\"?");
        await IsRefusedAsync(["move", "sqlite:data/other.db", "b"], "there is no shard \"b\"; there are main");
        await IsRefusedAsync(["move"], "Call it like this");
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("marten")]
    public async Task Keeps_gaps_and_what_was_imported_from_one_kind_of_store_to_the_other_and_back(string scheme)
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        await using var server = await PostgresTestServer.StartAsync();
        await server.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
        var other = server.Url("monolith", scheme: scheme);
        const string Back = "sqlite:data/back.db";
        await _verbs.LiveAsync();
        // As if the first of them had come from another store: her events lie below zero, and there is a gap where they were.
        _verbs.Execute($"""
            update events set position = {LogStart.Imported} + position
            where stream in (select id from streams where name like 'user-%' or name like 'email-%')
                and position <= (select max(position) / 2 from events)
            """);
        var (before, documents) = (_verbs.Read(Log), Documents("store.db"));
        Assert.Contains(before, line => line.StartsWith('-'));

        await MoveAsync(other);
        await MoveAsync(Back, $"Adapters:Store={other}");

        Assert.Equal(before, _verbs.Read(Log, "back.db").Take(before.Count));
        Assert.Equal(documents, Documents("back.db"));
        Assert.Equal(0, (await _verbs.RunAsync("rebuild", $"Adapters:Store={Back}")).Code);
        Assert.Equal(documents, Documents("back.db"));
        await HoldsAsync(["grace@example.org"], Back);
        Assert.DoesNotContain(_verbs.Read(Log, "back.db").Except(before), line => line.StartsWith('-'));

        // Each start renews its own leases, and the link for the first administrator.
        IReadOnlyList<string> Documents(string file) =>
            [
                .. _verbs.Documents(file).Where(
                    d => !d.StartsWith("kernel.", StringComparison.Ordinal)
                        && !d.StartsWith("users.admin-invitation.", StringComparison.Ordinal))];
    }

    private async Task MoveAsync(string to, params string[] from)
    {
        using var host = await _verbs.MoveAsync(to, from);
        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    private async Task HoldsAsync(IEnumerable<string> registered, string store = Target)
    {
        string[] there = [$"--Adapters:Store={store}"];
        var (code, output) = await _verbs.RunAsync(["verify", .. there]);
        Assert.Equal((0, "0 findings"), (code, output.Split(" in ")[0]));
        using var host = await HostProcess.StartAsync(_verbs.Folder, there, Cancelled);
        foreach (var email in registered.Append("ada@example.org"))
        {
            using var session = await host.Http.PostAsJsonAsync(
                "/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
            session.EnsureSuccessStatusCode();
        }

        Assert.Equal(0, await host.StopAsync(Cancelled));
    }

    private async Task IsRefusedAsync(IReadOnlyList<string> arguments, string reason)
    {
        using var refused = HostProcess.Launch(_verbs.Folder, arguments);

        Assert.NotEqual(0, await refused.ExitAsync(Cancelled));
        Assert.Contains(reason, refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Output, StringComparison.Ordinal);
    }

    private static async Task MovedAsync(HostProcess host)
    {
        for (
            var tries = 0; !Switched().IsMatch(host.Output)
                && !host.Output.Contains($"The move to {Target} is complete", StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 300, host.Output);
            await Task.Delay(100, Cancelled);
        }
    }

    private static async Task<string> RegisterAsync(HttpClient http, int number)
    {
        var email = $"user{number}@example.org";
        await Verbs.RegisterAsync(http, email);
        return email;
    }

    [GeneratedRegex(@"Moved \d+ events to .*; writes waited (\d+) ms")]
    private static partial Regex Switched();
}
