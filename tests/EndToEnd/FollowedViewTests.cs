using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>Views that follow the log survive <c>kill -9</c> in the middle of a page, and of a rebuild.</summary>
public sealed class FollowedViewTests : IDisposable
{
    private const int Many = 300_000;

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Count_every_event_once_though_following_and_rebuilding_were_killed_on_the_way()
    {
        await _verbs.LiveAsync();
        var accounts = (int)Total()["opened"]!;
        AddRegistrations(Many);

        using (var host = await _verbs.StartAsync())
        {
            await KillAsync(host.Kill, () => (long?)State()["live"]!["position"], Many / 10);
            await host.ExitAsync(Cancelled);
        }

        var followed = (int)Total()["opened"]!;
        using (var rebuild = HostProcess.Run(_verbs.Folder, "rebuild", "--kind", "users.statistics"))
        {
            await KillAsync(rebuild.Kill, () => (long?)State()["next"]?["position"], Many / 10);
            await rebuild.ExitAsync(Cancelled);
        }

        var came = (long)State()["next"]!["position"]!;
        var (code, output) = await _verbs.RunAsync("rebuild", "--kind", "users.statistics");
        var fromScratch = await _verbs.RunAsync("rebuild", "--kind", "users.statistics");

        TestContext.Current.TestOutputHelper?.WriteLine($"{output}{fromScratch.Output}");
        Assert.InRange(followed, accounts + 1, accounts + Many - 1);
        Assert.InRange(came, 1, Many - 1);
        Assert.Equal((0, 0), (code, fromScratch.Code));
        Assert.Equal(accounts + Many, (int)Total()["opened"]!);
        Assert.Contains(", 0 of the former ones differed", output, StringComparison.Ordinal);
        Assert.Contains(", 0 of the former ones differed", fromScratch.Output, StringComparison.Ordinal);
        Assert.Empty(_verbs.Read($"select id from documents where kind like 'users.statistics@%' and kind <> '{Kind()}'"));
    }

    [Fact]
    public async Task Name_what_can_be_rebuilt_and_what_is_parked()
    {
        await _verbs.LiveAsync();
        _verbs.Execute(
            "update events set data = cast('[]' as blob) where position = (select max(position) from events join types on types.id = "
                + "events.type where types.name = 'users.registered.v1')");

        var rebuilt = await _verbs.RunAsync("rebuild", "--kind", "users.statistics");
        var parked = await _verbs.RunAsync("events", "parked");
        var replayed = await _verbs.RunAsync("events", "replay", "users.statistics");
        var unknown = await _verbs.RunAsync("events", "replay", "users.statistic");

        Assert.Equal((0, 0, 1, 64), (rebuilt.Code, parked.Code, replayed.Code, unknown.Code));
        Assert.Equal("serialisation", (string?)JsonNode.Parse(parked.Output)!["kind"]);
        Assert.Contains("./run rebuild --kind users.statistics", replayed.Output, StringComparison.Ordinal);
        Assert.Contains("did you mean \"users.statistics\"?", unknown.Output, StringComparison.Ordinal);
    }

    // Of one stream, which is enough for a count.
    private void AddRegistrations(int count) => _verbs.Execute($"""
        insert into streams (name, bucket, version, head) values ('user-many', 0, {count}, zeroblob(32));
        with recursive n (i) as (select 1 union all select i + 1 from n where i < {count}),
            one as (select e.type, e.data, e.at, e.meta from events e join types t on t.id = e.type
                where t.name = 'users.registered.v1' limit 1)
        insert into events (position, stream, version, id, type, data, at, meta)
            select (select max(position) from events) + i, (select id from streams where name = 'user-many'), i,
                randomblob(16), one.type, one.data, one.at, one.meta
            from n, one;
        """);

    private JsonNode State() => Document("kernel.followed.v1", "users.statistics");

    private string Kind() => $"users.statistics@{State()["live"]!["number"]}";

    private JsonNode Total() => Document(Kind(), "total");

    private JsonNode Document(string kind, string id) => JsonNode.Parse(Assert.Single(
        _verbs.Read($"select cast(body as text) from documents where kind = '{kind}' and id = '{id}'")))!;

    private static async Task KillAsync(Action kill, Func<long?> position, long past)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (position() is not { } came || came < past)
        {
            await Task.Delay(1, limit.Token);
        }

        kill();
    }
}
