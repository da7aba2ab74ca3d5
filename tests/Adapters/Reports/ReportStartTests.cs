using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Reports;

/// <summary>Schemas of reports, and what is refused before anything starts.</summary>
public sealed class ReportStartTests : IAsyncDisposable
{
    private readonly PostgresDatabases _databases = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Theory]
    [InlineData("marten://db1/reports", "Adapters:Reports: names a place; reports are kept beside the store, so write it like \"marten:\"")]
    [InlineData("marten:?schema=monolith", "Adapters:Reports: key \"schema\" must name a schema for the reports alone")]
    [InlineData("marten:?schema=pg_x", "Adapters:Reports: key \"schema\" must name a schema for the reports alone")]
    [InlineData("marten:?shema=x", "Adapters:Reports: unknown key \"shema\"; did you mean \"schema\"?")]
    public async Task Refuses_a_setting_that_cannot_be_right(string reports, string line)
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ReportScene.BuildAsync(["none"], reports: reports, port: 1));

        Assert.StartsWith(line, Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_schema_that_holds_something_else()
    {
        var database = await _databases.CreateAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            database, "create schema reports; create table reports.theirs (id int); grant all on schema reports to public");

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ReportScene.OpenAsync([database]));
        await using var other = await ReportScene.OpenAsync([database], reports: "marten:?schema=figures");

        Assert.Contains("holds tables of something else", Assert.Single(refused.Lines), StringComparison.Ordinal);
        Assert.Equal("True", await (await PostgresFixture.ServerAsync()).ReadAsync(
            database, "select to_regclass('figures_things.mt_events') is not null"));
    }

    [Fact]
    public async Task Migrates_by_a_step_of_its_own_where_a_start_may_not()
    {
        var database = await _databases.CreateAsync();
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ReportScene.OpenAsync([database], more: "&migrate=false"));
        Assert.Contains("run ./run migrate first", Assert.Single(refused.Lines), StringComparison.Ordinal);

        await using (var migrating = await ReportScene.BuildAsync([database]))
        {
            var changes = await migrating.Reports.MigrateAsync(Cancelled);
            Assert.Contains(("s0", "reports 0001_log-9"), changes);
            Assert.Contains(("s0", "reports_things 0001_views-9"), changes);
            Assert.Contains(("s0", "reports_things.mt_doc_thing"), changes);
            Assert.Empty(await migrating.Reports.MigrateAsync(Cancelled));
        }

        await using var scene = await ReportScene.OpenAsync([database], more: "&migrate=false");
        await scene.RunAsync();
        await scene.CaughtUpAsync();
    }

    [Fact]
    public async Task Refuses_a_script_that_is_not_the_one_that_is_shipped()
    {
        var database = await _databases.CreateAsync();
        await (await ReportScene.OpenAsync([database])).DisposeAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            database, "update reports.monolith_migrations set checksum = repeat('0', 64)");

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => ReportScene.OpenAsync([database]));

        Assert.Contains(
            "its migration 0001_log-9 has the checksum 000000000000…", Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_its_schemas_again_when_the_one_of_the_store_was_made_again_under_them()
    {
        var database = await _databases.CreateAsync();
        await using (var scene = await ReportScene.OpenAsync([database]))
        {
            await scene.RunAsync();
            await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
            await scene.CaughtUpAsync();
        }

        await (await PostgresFixture.ServerAsync()).ExecuteAsync(database, "drop schema monolith cascade");

        await using var again = await ReportScene.OpenAsync([database]);
        Assert.Empty(await again.AllAsync<Thing>());
        await again.RunAsync();
        await again.AppendAsync("b", 1, "things.made.v1", """{"name":"table"}""");
        await again.CaughtUpAsync();
        Assert.Equal(new Thing("thing-b", "table", 0), Assert.Single(await again.AllAsync<Thing>()));
    }

    [Fact]
    public async Task Starts_on_two_nodes_at_once()
    {
        var database = await _databases.CreateAsync();

        var scenes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ReportScene.OpenAsync([database])));

        Assert.All(scenes, scene => Assert.Null(scene.Fault));
        foreach (var scene in scenes)
        {
            await scene.DisposeAsync();
        }
    }

    [Fact]
    public async Task Works_through_pgbouncer()
    {
        var server = await PostgresFixture.ServerAsync();
        var database = await _databases.CreateAsync();
        var bouncer = await PgBouncer.SharedAsync();
        await using var scene = await ReportScene.OpenAsync([database], more: "&pgbouncer=true", port: bouncer.Port);
        Assert.NotEqual(server.Port, bouncer.Port);

        await scene.RunAsync();
        await scene.AppendAsync("a", 1, "things.made.v1", """{"name":"chair"}""");
        await scene.CaughtUpAsync();

        Assert.Equal(new Thing("thing-a", "chair", 0), Assert.Single(await scene.AllAsync<Thing>()));
    }
}
