using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Reports;

/// <summary>Projections that follow the live log.</summary>
public sealed class ReportDaemonTests : IAsyncDisposable
{
    private readonly PostgresDatabases _databases = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        Fragile.IsCured = false;
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task Folds_the_past_and_then_what_comes_in_each_of_two_shards()
    {
        await using var scene = await ReportScene.OpenAsync([await _databases.CreateAsync(), await _databases.CreateAsync()]);
        await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        await scene.AppendAsync("a", 2, "things.painted.v1", """{"colour":"red"}""");
        await scene.AppendAsync("b", 1, "things.made.v1", """{"name":"table"}""", shard: 1);

        await scene.RunAsync();
        await scene.CaughtUpAsync();
        Assert.Equal(
            [new Thing("thing-a", "chair", 1), new Thing("thing-b", "table", 0)], (await scene.AllAsync<Thing>()).OrderBy(t => t.Id));

        await scene.AppendAsync("b", 2, "things.painted.v1", """{"colour":"red"}""", shard: 1);
        await scene.CaughtUpAsync();

        Assert.Equal(new Thing("thing-b", "table", 1), (await scene.AllAsync<Thing>()).Single(t => t.Id == "thing-b"));
        Assert.Equal([new Colour("red", 1), new Colour("red", 1)], await scene.AllAsync<Colour>()); // One for each shard.
        Assert.Null(scene.Fault);
    }

    [Fact]
    public async Task The_report_of_the_how_to_counts_sign_ups_by_day()
    {
        await using var scene = await ReportScene.OpenAsync([await _databases.CreateAsync()]);
        await scene.RunAsync();
        foreach (var key in new[] { "a", "b" })
        {
            await scene.AppendAsync(key, 1, "users.registered.v1", $$"""{"userId":"{{Guid.Empty}}","email":"sealed"}""");
        }

        await scene.CaughtUpAsync();

        Assert.Equal(2, (await scene.AllAsync<SignUpDay>()).Sum(day => day.Count)); // Of two days, around midnight.
    }

    [Fact]
    public void The_how_to_shows_what_is_compiled_here()
    {
        static IEnumerable<string> Lines(params string[] path) =>
            File.ReadLines(Path.Combine([Repository.Root, .. path])).Select(line => line.Trim()).Where(line => line.Length > 0);

        var page = string.Join('\n', Lines("docs", "howto", "add-a-report.md"));
        var code = Lines("tests", "Adapters", "Reports", "SignUps.cs")
            .SkipWhile(l => !l.StartsWith("// From here", StringComparison.Ordinal)).Skip(1).ToList();

        Assert.NotEmpty(code);
        Assert.Contains(string.Join('\n', code), page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_projection_that_throws_is_named_and_stops_no_other_until_it_is_cured()
    {
        await using var scene = await ReportScene.OpenAsync([await _databases.CreateAsync()]);
        await scene.RunAsync();
        await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        var at = await scene.AppendAsync("a", 2, "things.broken.v1", "{}");
        await scene.AppendAsync("b", 1, "things.made.v1", """{"name":"table"}""");

        await Eventually.IsSoAsync(() => scene.Fault is not null, () => "the fault is told");
        await scene.CaughtUpAsync("snapshots", "colours");

        Assert.Equal(
            $"reports.things.fragile/0 stopped at event {at} (things.broken.v1): InvalidDataException: cannot count what is broken",
            scene.Fault);
        Assert.Equal(2, (await scene.AllAsync<Thing>()).Count);
        var standing = (await scene.Reports.StandingsAsync(Cancelled)).Single(s => s.Projection == "fragile");
        Assert.True(standing.Position < at && standing.Fault is not null, $"{standing}");

        Fragile.IsCured = true;
        await scene.CaughtUpAsync();
        await Eventually.IsSoAsync(() => scene.Fault is null, () => scene.Fault);

        Assert.Equal(new Whole("all", 3), Assert.Single(await scene.AllAsync<Whole>()));
    }

    [Fact]
    public async Task Rebuilds_a_report_that_is_asked_for_on_any_node()
    {
        var database = await _databases.CreateAsync();
        await using var worker = await ReportScene.OpenAsync([database]);
        await using var web = await ReportScene.OpenAsync([database]);
        await worker.RunAsync();
        await worker.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        await worker.CaughtUpAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            database, "update reports_things.mt_doc_thing set data = jsonb_set(data, '{name}', '\"wrong\"')");

        Assert.True(await web.Reports.RebuildAsync("things", Cancelled));
        Assert.False(await web.Reports.RebuildAsync("nothing", Cancelled));

        await web.CaughtUpAsync();
        Assert.Equal(new Thing("thing-a", "chair", 0), Assert.Single(await web.AllAsync<Thing>()));
        await worker.AppendAsync("a", 2, "things.painted.v1", """{"colour":"red"}""");
        await worker.CaughtUpAsync();
        Assert.Equal(new Thing("thing-a", "chair", 1), Assert.Single(await web.AllAsync<Thing>()));
    }

    [Fact]
    public async Task Waits_for_the_lease_of_another_node_and_takes_over_when_its_term_ends()
    {
        var (database, clock) = (await _databases.CreateAsync(), new FakeClock());
        await using var other = await ReportScene.OpenAsync([database], clock);
        await using var scene = await ReportScene.OpenAsync([database], clock);
        Assert.True(await other.LeaseOf("things").HoldAsync(Cancelled));
        await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");

        await scene.RunAsync();
        await clock.UntilAsync(() => Task.FromResult(clock.GetUtcNow() >= new DateTimeOffset(2030, 1, 1, 0, 0, 25, TimeSpan.Zero)));
        Assert.Empty(await scene.AllAsync<Thing>()); // 25 s of 30 are over, and it looks every 2 s.

        await clock.UntilAsync(async () => (await scene.AllAsync<Thing>()).Count == 1);
        Assert.False(await other.LeaseOf("things").HoldAsync(Cancelled));
    }

    // The two sources are independent: what Marten takes for the head of the log is not believed.
    [Fact]
    public async Task Is_stuck_for_health_when_marten_no_longer_sees_the_head_of_the_log()
    {
        var database = await _databases.CreateAsync();
        await using var scene = await ReportScene.OpenAsync([database]);
        await scene.RunAsync();
        await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        await scene.CaughtUpAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            database,
            "create or replace view reports_things.mt_events_sequence as "
                + "select 1::bigint as last_value, true as is_called, 0::bigint as log_cnt");

        await scene.AppendAsync("b", 1, "things.made.v1", """{"name":"table"}""");
        await scene.AppendAsync("b", 2, "things.painted.v1", """{"colour":"red"}""");
        await scene.MeasureAsync();

        var loop = scene.Heartbeats.All.Single(h => h.Loop == "reports.things.snapshots/0");
        Assert.Equal((1, 2), (loop.Position, loop.Lag));
    }

    [Fact]
    public async Task Starts_over_when_the_store_was_put_back_to_an_earlier_time()
    {
        var database = await _databases.CreateAsync();
        await using (var scene = await ReportScene.OpenAsync([database]))
        {
            await scene.RunAsync();
            await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
            await scene.AppendAsync("gone", 1, "things.made.v1", """{"name":"table"}""");
            await scene.CaughtUpAsync();
        }

        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            database, "delete from monolith.events where position = 2; delete from monolith.streams where id = 2");

        await using var again = await ReportScene.OpenAsync([database]);
        await again.RunAsync();
        await again.CaughtUpAsync();

        Assert.Equal(new Thing("thing-a", "chair", 0), Assert.Single(await again.AllAsync<Thing>()));
    }

    [Fact]
    public async Task Two_nodes_that_both_run_the_projections_count_each_event_once()
    {
        var database = await _databases.CreateAsync();
        await using var first = await ReportScene.OpenAsync([database]);
        await using var second = await ReportScene.OpenAsync([database]);
        for (var i = 1; i <= 50; i++)
        {
            await first.AppendAsync("a", i, "things.painted.v1", """{"colour":"red"}""");
        }

        using var daemon = await first.Documents.BuildProjectionDaemonAsync();
        await daemon.StartAgentAsync("colours:All", Cancelled);
        await second.RunAsync();
        await second.CaughtUpAsync("colours");
        await daemon.StopAllAsync();

        await second.AppendAsync("a", 51, "things.painted.v1", """{"colour":"red"}""");
        await second.CaughtUpAsync("colours");
        Assert.Equal(new Colour("red", 51), Assert.Single(await second.AllAsync<Colour>()));
    }
}
