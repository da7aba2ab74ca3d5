using Monolith.Adapters.Marten;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Marten;

/// <summary>Which databases it works on, and how they come to be.</summary>
public sealed class MartenStartTests : IAsyncDisposable
{
    private readonly PostgresDatabases _databases = new("marten");
    private readonly PostgresDatabases _plain = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _databases.DisposeAsync();
        await _plain.DisposeAsync();
    }

    [Fact]
    public async Task Makes_the_schema_once_when_nodes_start_at_once_and_remembers_what_it_was_made_by()
    {
        var server = await PostgresFixture.ServerAsync();
        var database = await server.CreateDatabaseAsync();
        try
        {
            var nodes = Enumerable.Range(0, 4).Select(_ => PostgresFixture.Store(
                PostgresFixture.Url(server.Port, database, scheme: "marten"), TimeProvider.System)).ToList();

            await Task.WhenAll(nodes.Select(n => Task.Run(async () => await n.OpenAsync(Cancellation), Cancellation)));
            Assert.Equal(1, await nodes[3].CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0)));
            Assert.Empty(await nodes[0].MigrateAsync(Cancellation));

            Assert.Equal($"0001_marten_{MartenSchema.Version} 0002_shard", await server.ReadAsync(
                database, "select string_agg(name, ' ' order by number) from marten.monolith_scripts"));
            await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
        }
        finally
        {
            await server.DropDatabaseAsync(database);
        }
    }

    [Theory]
    [InlineData("update marten.monolith_scripts set checksum = repeat('0', 64) where number = 1", "its migration 0001_marten_")]
    [InlineData("alter table marten.mt_events add column rank int", "tables of events that were changed")]
    [InlineData("drop trigger monolith_lock on marten.mt_streams", "tables of events that were changed")]
    [InlineData("drop function marten.mt_quick_append_events", "tables of events that were changed")]
    public async Task Refuses_in_one_line_what_another_version_of_marten_made_or_changed(string change, string reason)
    {
        var database = await _databases.CreateAsync();
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(database, change);

        await IsRefusedAsync(_databases, database, reason);
    }

    [Fact]
    public async Task Refuses_in_one_line_a_database_whose_events_are_elsewhere()
    {
        var (plain, marten, foreign) = (await _plain.CreateAsync(), await _databases.CreateAsync(), await _plain.CreateAsync());
        await using (var store = await _plain.OpenAsync(plain, TimeProvider.System))
        {
            await store.CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));
        }

        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            foreign, "create schema marten authorization app create table mt_events (seq_id bigint)");

        await IsRefusedAsync(_databases, plain, "keeps its events in tables of its own; write its URL with \"postgres://\"");
        await IsRefusedAsync(_plain, marten, "keeps its events in Marten's tables; write its URL with \"marten://\"");
        await IsRefusedAsync(_databases, foreign, "has a schema \"marten\" that this program did not make");
    }

    private static async Task IsRefusedAsync(PostgresDatabases databases, string database, string reason)
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => databases.OpenAsync(database, TimeProvider.System));

        Assert.Contains(reason, Assert.Single(refused.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Lines[0]);
    }
}
