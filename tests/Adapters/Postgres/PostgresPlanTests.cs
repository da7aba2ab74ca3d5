using System.Globalization;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;
using Npgsql;

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>What a commit has to read must not grow with what is stored. Counted in blocks, by the server.</summary>
public sealed class PostgresPlanTests : IAsyncDisposable
{
    private const int Documents = 6_000;
    private const int Changed = 50;
    private const int EntriesOfEach = 4;

    // What the index of entries has to show for each entry that goes and each that comes: a way from the root to a leaf, with room for a split.
    private const int BlocksOfEach = 10;

    private readonly PostgresDatabases _databases = new();

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Fact]
    public async Task Reads_a_few_blocks_for_each_entry_that_changes_however_many_there_are()
    {
        var database = await _databases.CreateAsync();
        await WriteAsync(database, Documents, version: 1);
        var before = await BlocksAsync(database);

        await WriteAsync(database, Changed, version: 2);
        var blocks = await BlocksAsync(database) - before;

        Assert.InRange(blocks, 1, Changed * EntriesOfEach * 2 * BlocksOfEach);
    }

    // Closed at the end, because a connection tells what it read when it ends.
    private async Task WriteAsync(string database, int count, long version)
    {
        await using var store = await _databases.OpenAsync(database, TimeProvider.System);
        foreach (var some in Enumerable.Range(0, count).Chunk(250))
        {
            var outcomes = await store.CommitAsync(
                [.. some.Select(i => new Commit { Id = Id.New(TimeProvider.System, TestCommits.Bucket), Bucket = TestCommits.Bucket, Documents = [Document(i, version)] })],
                TestContext.Current.CancellationToken);
            Assert.All(outcomes, o => Assert.IsType<Committed>(o));
        }
    }

    private static DocumentWrite Document(int number, long version) => new("thing", $"id-{number:D8}", null, "{}"u8.ToArray(), version)
    {
        Entries = [.. Enumerable.Range(0, EntriesOfEach).Select(i => new IndexEntry($"by-{i}", $"{version}-{number:D8}"))],
    };

    // Waits until the connections of the store have ended: then they have told everything.
    private static async Task<long> BlocksAsync(string database)
    {
        await using var connection = new NpgsqlConnection((await PostgresFixture.ServerAsync()).ConnectionString(database));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await Eventually.IsSoAsync(async () =>
            await AskAsync("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") == 0);
        return await AskAsync("select sum(idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_indexes where indexrelname = 'entries_pkey'");

        async Task<long> AskAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return Convert.ToInt64(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        }
    }
}
