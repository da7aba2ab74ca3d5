using JasperFx;
using JasperFx.Events;
using Marten;
using Monolith.Adapters.Marten;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.Tests.Postgres;
using Npgsql;

namespace Monolith.Adapters.Tests.Marten;

/// <summary>Positions, chains and claims hold because nothing is written without the shard's lock.</summary>
public sealed class MartenLockTests : IAsyncLifetime
{
    private readonly PostgresDatabases _databases = new("marten");
    private DatabaseStore _store = null!; // Set before each test.
    private string _connection = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await _databases.CreateAsync();
        _store = await _databases.OpenAsync(database, TimeProvider.System);
        _connection = (await PostgresFixture.ServerAsync()).ConnectionString(database);
    }

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    [Theory]
    [InlineData(EventAppendMode.QuickWithServerTimestamps)]
    [InlineData(EventAppendMode.Rich)]
    public async Task Keep_out_another_session_of_marten_and_tell_it_why(EventAppendMode mode)
    {
        var stream = TestCommits.NewStream();
        await _store.CommittedAsync(TestCommits.Appending(stream, 0));
        await using var foreign = OpenForeign(mode);

        foreach (var name in new[] { stream.Name, "foreign-1" })
        {
            await using var session = foreign.LightweightSession();
            session.Events.Append(name, new RawEvent(TestCommits.Bucket, default, default, default));
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => session.SaveChangesAsync(Cancellation));
            Assert.Contains("are written by Monolith alone", refused.ToString(), StringComparison.Ordinal);
        }

        // What it drew is drawn again.
        Assert.Equal(2, await _store.CommittedAsync(TestCommits.Appending(stream, 1)));
        Assert.Equal([1, 2], (await _store.LogAsync()).Select(e => e.Position));
        Assert.Empty(await HashChains.BrokenAsync(_store, Cancellation));
    }

    [Fact]
    public async Task Let_another_session_of_marten_read()
    {
        var stream = TestCommits.NewStream();
        await _store.CommittedAsync(TestCommits.Appending(stream, 0));
        await using var foreign = OpenForeign(EventAppendMode.Quick);
        await using var session = foreign.QuerySession();

        Assert.Equal(1, (await session.Events.FetchStreamStateAsync(stream.Name, Cancellation))!.Version);
        // As docs/adapters/marten.md reads the data of an event.
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "select convert_from(substr(bdata, 18 + get_byte(bdata, 15) * 256 + get_byte(bdata, 16)), 'utf8') from marten.mt_events",
            connection);
        Assert.Equal("{}", await command.ExecuteScalarAsync(Cancellation));
    }

    [Theory]
    [InlineData("update marten.mt_events set data = '{}'")]
    [InlineData("delete from marten.mt_events")]
    [InlineData("update marten.mt_streams set is_archived = true")]
    public async Task Keep_out_any_other_client(string change)
    {
        await _store.CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0));
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(change, connection);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Cancellation));

        Assert.Contains("are written by Monolith alone", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Are_taken_before_the_first_position_is_given_out()
    {
        var first = TestCommits.NewStream();
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Cancellation);
        await using var holding = await connection.BeginTransactionAsync(Cancellation);
        await using (var begin = new NpgsqlCommand("select pg_advisory_xact_lock(1297043279, 1)", connection))
        {
            await begin.ExecuteNonQueryAsync(Cancellation);
        }

        var waiting = _store.CommittedAsync(TestCommits.Appending(first, 0));
        await using var looking = new NpgsqlConnection(_connection);
        await looking.OpenAsync(Cancellation);
        await Eventually.IsSoAsync(async () =>
            await AskAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted") is 1L);

        Assert.Equal(0L, await AskAsync("select case when is_called then last_value else 0 end from marten.mt_events_sequence"));
        await holding.RollbackAsync(Cancellation);
        Assert.Equal(1, await waiting);

        async Task<object?> AskAsync(string question)
        {
            await using var command = new NpgsqlCommand(question, looking);
            return await command.ExecuteScalarAsync(Cancellation);
        }
    }

    [Fact]
    public async Task End_when_a_node_stands_still_with_one()
    {
        await using var frozen = new NpgsqlConnection(_connection);
        await frozen.OpenAsync(Cancellation);
        await using var holding = await frozen.BeginTransactionAsync(Cancellation);
        await using (var begin = new NpgsqlCommand("select * from marten.monolith_begin()", frozen))
        {
            await begin.ExecuteNonQueryAsync(Cancellation);
        }

        Assert.Equal(1, await _store.CommittedAsync(TestCommits.Appending(TestCommits.NewStream(), 0)));

        await using var late = new NpgsqlCommand("select 1", frozen);
        var ended = await Assert.ThrowsAnyAsync<NpgsqlException>(() => late.ExecuteNonQueryAsync(Cancellation));
        Assert.True(PostgresFailure.IsBroken(ended));
        Assert.True(PostgresFailure.IsOutage(ended));
    }

    private DocumentStore OpenForeign(EventAppendMode mode) => DocumentStore.For(options =>
    {
        options.Connection(_connection);
        options.DatabaseSchemaName = "marten";
        options.AutoCreateSchemaObjects = AutoCreate.None;
        options.DisableNpgsqlLogging = true;
        options.Events.StreamIdentity = StreamIdentity.AsString;
        options.Events.AppendMode = mode;
        options.Events.UseBinarySerializer<RawEvent>(new RawSerializer());
    });
}
