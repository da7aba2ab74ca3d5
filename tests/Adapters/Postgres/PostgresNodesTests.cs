using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>Several nodes on one database.</summary>
public class PostgresNodesTests : IAsyncDisposable
{
    private PostgresDatabases _databases = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Which kind of store.</summary>
    protected string Scheme
    {
        init => _databases = new PostgresDatabases(value);
    }

    public async ValueTask DisposeAsync()
    {
        await _databases.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Show_subscriptions_every_event_once_and_in_order_while_all_of_them_write()
    {
        const int Writers = 9;
        const int CommitsEach = 30;
        var nodes = await OpenAsync(3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var subscriptions = nodes.Select(node => Task.Run(() => FollowAsync(node, stop.Token), Cancellation)).ToList();
        var contested = TestCommits.NewStream();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var stream = TestCommits.NewStream();
            for (var i = 0; i < CommitsEach; i++)
            {
                await nodes[writer % nodes.Count].CommittedAsync(TestCommits.Appending(stream, i));
                await nodes[writer % nodes.Count].CommitAsync(TestCommits.Appending(contested, i)); // Lost by most.
            }
        }, Cancellation)));
        await stop.CancelAsync();

        var all = (await nodes[0].LogAsync()).Select(e => e.Position).ToList();
        Assert.InRange(all.Count, (Writers * CommitsEach) + 1, (Writers + 1) * CommitsEach);
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all);
        foreach (var seen in await Task.WhenAll(subscriptions))
        {
            Assert.Equal(all, seen);
        }
    }

    [Fact]
    public async Task Are_delayed_by_no_transaction_that_another_client_leaves_open()
    {
        var nodes = await OpenAsync(2);
        await nodes[0].CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));
        await using var open = new NpgsqlConnection((await PostgresFixture.ServerAsync()).ConnectionString(await DatabaseAsync()));
        await open.OpenAsync(Cancellation);
        await using var transaction = await open.BeginTransactionAsync(Cancellation);
        await using var writing = new NpgsqlCommand("create table public.slow as select pg_current_xact_id()::text", open);
        await writing.ExecuteNonQueryAsync(Cancellation);

        var position = await nodes[0].CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));

        Assert.Equal(position, (await nodes[1].ReadLogAsync(0, 10, null, Cancellation)).Events[^1].Position);
        Assert.Equal(position, await nodes[1].HeadAsync(Cancellation));
    }

    [Fact]
    public async Task Leave_no_gap_where_a_writer_lost()
    {
        var nodes = await OpenAsync(2);
        var stream = TestCommits.NewStream();
        await nodes[0].CommittedAsync(TestCommits.Appending(stream, 0));

        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<Conflict>(await nodes[1].CommitAsync(TestCommits.Appending(stream, 0)));
        }

        Assert.Equal(2, await nodes[0].CommittedAsync(TestCommits.Appending(stream, 1)));
    }

    [Fact]
    public async Task Open_an_empty_database_at_the_same_time()
    {
        var server = await PostgresFixture.ServerAsync();
        var database = await server.CreateDatabaseAsync();

        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _databases.OpenAsync(database, TimeProvider.System)));

        foreach (var (store, version) in stores.Select((store, i) => (store, i)))
        {
            Assert.Equal(version + 1, await store.CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0)));
        }

        Assert.Empty(await stores[0].MigrateAsync(Cancellation));
        await Task.WhenAll(stores.Select(s => s.DisposeAsync().AsTask()));
        await server.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Are_woken_by_the_commits_of_others_and_listen_again_when_that_was_cut_off()
    {
        var nodes = await OpenAsync(2);
        var heard = 0L;
        var own = 0L;
        nodes[1].Changed = position => heard = Math.Max(heard, position);
        nodes[0].Changed = position => own = Math.Max(own, position);
        await Eventually.IsSoAsync(() => nodes[1].IsListening && nodes[0].IsListening);

        var first = await nodes[0].CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));
        await Eventually.IsSoAsync(() => heard == first);
        await (await PostgresFixture.ServerAsync()).ExecuteAsync(
            await DatabaseAsync(),
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query = 'listen monolith'");
        await Eventually.IsSoAsync(() => !nodes[1].IsListening);
        await Eventually.IsSoAsync(() => nodes[1].IsListening);
        var second = await nodes[0].CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));
        await Eventually.IsSoAsync(() => heard == second);

        Assert.Equal(0, own);
    }

    [Fact]
    public async Task Find_a_new_way_by_themselves_when_all_connections_were_ended()
    {
        var node = (await OpenAsync(1))[0];
        var stream = TestCommits.NewStream();
        await node.CommittedAsync(TestCommits.Appending(stream, 0));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => node.HeadAsync(Cancellation).AsTask())); // Several connections.

        await EndConnectionsAsync();
        Assert.Equal(1, await node.HeadAsync(Cancellation));

        await EndConnectionsAsync();
        var lost = await Assert.ThrowsAsync<StoreUnavailableException>(() => node.CommitAsync(TestCommits.Appending(stream, 1)));
        Assert.DoesNotContain('\n', lost.Message);
        Assert.DoesNotContain(PostgresTestServer.Password, lost.Message, StringComparison.Ordinal);
        Assert.Equal(2, await node.CommittedAsync(TestCommits.Appending(stream, 1)));
    }

    private string? _database;

    private async Task<string> DatabaseAsync() => _database ??= await _databases.CreateAsync();

    private async Task<IReadOnlyList<DatabaseStore>> OpenAsync(int count)
    {
        var stores = new List<DatabaseStore>();
        for (var i = 0; i < count; i++)
        {
            stores.Add(await _databases.OpenAsync(await DatabaseAsync(), TimeProvider.System));
        }

        return stores;
    }

    private async Task EndConnectionsAsync() => await (await PostgresFixture.ServerAsync()).ExecuteAsync(
        await DatabaseAsync(),
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");

    private static async Task<List<long>> FollowAsync(DatabaseStore node, CancellationToken stop)
    {
        var (seen, through) = (new List<long>(), 0L);
        while (true)
        {
            var isLast = stop.IsCancellationRequested;
            var page = await node.ReadLogAsync(through, 7, null, Cancellation);
            seen.AddRange(page.Events.Select(e => e.Position));
            through = page.Through;
            if (isLast && page.Events.Count == 0)
            {
                return seen;
            }
        }
    }
}
