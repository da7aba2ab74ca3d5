using System.Globalization;
using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>
/// What a commit or a page of the log has to read must not grow with what is stored. Counted by the server, in blocks and rows.
/// </summary>
public class PostgresPlanTests : IAsyncDisposable
{
    private const int Documents = 6_000;
    private const int Changed = 50;
    private const int EntriesOfEach = 4;

    // What the index of entries has to show for each entry that goes and each that comes: a way from the root to a leaf, with room for a
    // split.
    private const int BlocksOfEach = 10;

    private const int Streams = 20_000;
    private const int Pages = 20;
    private const int PageSize = 5;

    private const string EntryBlocks =
        "select sum(idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_indexes where indexrelname = 'entries_pkey'";
    private const string EntriesPassed = """
        select seq_tup_read + (select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'entries')
        from pg_stat_user_tables where relname = 'entries'
        """;

    private const int Claims = 100;

    private PostgresDatabases _databases = new();

    /// <summary>Which kind of store.</summary>
    protected string Scheme
    {
        init => _databases = new PostgresDatabases(value);
    }

    /// <summary>What a page of the log looks up, besides its events or in them.</summary>
    protected string Passed { get; init; } = "streams";

    private string StreamsPassed => $"select seq_tup_read from pg_stat_user_tables where relname = '{Passed}'";

    public async ValueTask DisposeAsync()
    {
        await _databases.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Reads_a_few_blocks_for_each_entry_that_changes_however_many_there_are()
    {
        var database = await _databases.CreateAsync();
        await WriteAsync(database, Documents, version: 1);
        var before = await AskAtTheEndAsync(database, EntryBlocks);

        await WriteAsync(database, Changed, version: 2);
        var blocks = await AskAtTheEndAsync(database, EntryBlocks) - before;

        Assert.InRange(blocks, 1, Changed * EntriesOfEach * 2 * BlocksOfEach);
    }

    [Fact]
    public async Task Looks_up_a_claim_however_many_there_are()
    {
        var database = await _databases.CreateAsync();
        await using (var store = await _databases.OpenAsync(database, TimeProvider.System))
        {
            // Plans are made while there is little, and kept.
            await ClaimAsync(store, 0);
            await WriteAsync(database, Documents, version: 1);
            await ClaimAsync(store, Claims);
        }

        // Once through all of them would be too much already.
        Assert.InRange(await AskAtTheEndAsync(database, EntriesPassed), 0, Documents);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Looks_up_the_streams_of_a_page_of_the_log_however_many_there_are(bool isOfTypes)
    {
        var database = await _databases.CreateAsync();
        await using (var store = await _databases.OpenAsync(database, TimeProvider.System))
        {
            // Plans are made while there is little, and kept.
            await AppendAsync(store, 0, Pages * PageSize);
            await ReadAsync(store, 0);
            await AppendAsync(store, Pages * PageSize, Streams);
            await ReadAsync(store, Streams);
        }

        // Once through all of them would be too much already.
        Assert.InRange(await AskAtTheEndAsync(database, StreamsPassed), 0, Streams);

        async Task ReadAsync(DatabaseStore store, long after)
        {
            for (var i = 0; i < Pages; i++)
            {
                var page = await store.ReadLogAsync(
                    after + (i * PageSize), PageSize, isOfTypes ? ["thing.made.v1"] : null, TestContext.Current.CancellationToken);
                Assert.Equal(PageSize, page.Events.Count);
            }
        }
    }

    private static async Task AppendAsync(DatabaseStore store, int from, int count)
    {
        foreach (var some in Enumerable.Range(from, count).Chunk(500))
        {
            var outcomes = await store.CommitAsync([.. some.Select(Made)], TestContext.Current.CancellationToken);
            Assert.All(outcomes, o => Assert.IsType<Committed>(o));
        }
    }

    private static Commit Made(int number) => new()
    {
        Id = Id.New(TimeProvider.System, TestCommits.Bucket),
        Bucket = TestCommits.Bucket,
        Appends =
        [
            new Append(new StreamId(TestCommits.Bucket, "thing", $"{number}"), 0,
                [
                    new NewEvent(
                        Id.New(TimeProvider.System, TestCommits.Bucket), "thing.made.v1", "{}"u8.ToArray(), TimeProvider.System.GetUtcNow(),
                        default)]),
        ],
    };

    // Closed at the end, because a connection tells what it read when it ends.
    private async Task WriteAsync(string database, int count, long version)
    {
        await using var store = await _databases.OpenAsync(database, TimeProvider.System);
        foreach (var some in Enumerable.Range(0, count).Chunk(250))
        {
            var outcomes = await store.CommitAsync(
                [
                    .. some.Select(
                        i => new Commit
                        {
                            Id = Id.New(TimeProvider.System, TestCommits.Bucket), Bucket = TestCommits.Bucket,
                            Documents = [Document(i, version)],
                        })],
                TestContext.Current.CancellationToken);
            Assert.All(outcomes, o => Assert.IsType<Committed>(o));
        }
    }

    // Each a batch of its own: that is when a plan is tempted to read everything of a kind.
    private static async Task ClaimAsync(DatabaseStore store, int from)
    {
        foreach (var number in Enumerable.Range(from, Claims))
        {
            await store.CommittedAsync(new Commit
            {
                Id = Id.New(TimeProvider.System, TestCommits.Bucket),
                Bucket = TestCommits.Bucket,
                Documents = [new DocumentWrite("thing", $"claim-{number}", null, "{}"u8.ToArray(), 1)
                {
                    Entries = [new IndexEntry("name", $"{number}", IsUnique: true)],
                }],
            });
        }
    }

    private static DocumentWrite Document(int number, long version) => new("thing", $"id-{number:D8}", null, "{}"u8.ToArray(), version)
    {
        Entries = [.. Enumerable.Range(0, EntriesOfEach).Select(i => new IndexEntry($"by-{i}", $"{version}-{number:D8}"))],
    };

    // Waits until the connections of the store have ended: then they have told everything.
    private static async Task<long> AskAtTheEndAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection((await PostgresFixture.ServerAsync()).ConnectionString(database));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await Eventually.IsSoAsync(async () =>
            await AskAsync("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") == 0);
        return await AskAsync(sql);

        async Task<long> AskAsync(string question)
        {
            await using var command = new NpgsqlCommand(question, connection);
            return Convert.ToInt64(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        }
    }
}
