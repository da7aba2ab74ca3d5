using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class SqliteStoreTests : StoreContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly List<SqliteStore> _stores = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory, "data", "store.db");

    protected override async ValueTask<IStore> StartAsync(TimeProvider clock) =>
        await OpenAsync(Path.Combine(_directory, "contract.db"), clock);

    protected override ValueTask StopAsync()
    {
        _stores.ForEach(s => s.Dispose());
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Refuses_a_file_that_another_process_uses_until_it_has_ended()
    {
        var first = await OpenAsync(File);

        var refused = await Assert.ThrowsAsync<StoreInUseException>(() => OpenAsync(File));

        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await OpenAsync(File);
    }

    [Fact]
    public async Task Finds_everything_again_after_a_restart()
    {
        var (stream, id) = (new StreamId(new Bucket(1), "test", "1"), Id.New(TimeProvider.System, new Bucket(1)));
        var first = await OpenAsync(File);
        var message = new SendMessage(id, "tests.work", stream.Bucket, 1, default, []);
        await first.CommitAsync([Appending(stream, 0) with { Messages = [message] }], Cancellation);
        await first.DisposeAsync();

        var second = await OpenAsync(File);
        var outcome = Assert.Single(await second.CommitAsync([Appending(stream, 1)], Cancellation));

        Assert.Equal(new Committed(2), outcome);
        Assert.Equal([1L, 2], (await second.ReadStreamAsync(stream, 0, 10, Cancellation)).Select(e => e.Position));
        var taken = await second.TakeAsync(new TakeMessages(["tests.work"], 1, "node", TimeSpan.FromMinutes(1)), Cancellation);
        Assert.Equal(id, Assert.Single(taken).Id);
    }

    [Fact]
    public async Task Can_be_ended_by_a_caller_who_waited_for_the_last_batch()
    {
        var store = await OpenAsync(File);
        var groupCommit = new GroupCommit(store, (_, _) => { });
        var last = groupCommit.CommitAsync(Appending(new StreamId(new Bucket(1), "test", "1"), 0), Cancellation).AsTask();

        // The batch ends in the writer's thread, which must not be left to wait for itself.
        await Task.Run(EndAsync, Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(new Committed(1), await last);

        async Task EndAsync()
        {
            await groupCommit.DisposeAsync();
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Leaves_one_file_that_only_its_owner_can_read()
    {
        await (await OpenAsync(File)).DisposeAsync();

        Assert.Equal(["store.db", "store.db.lock"], Directory.GetFiles(Path.GetDirectoryName(File)!).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Theory]
    [InlineData("pragma user_version = 99", "newer version")]
    [InlineData("pragma user_version = 1", "made by a version before 0.1.0")]
    [InlineData("pragma application_id = 1", "another program")]
    [InlineData("pragma user_version = 1; drop table migrations", "was made by a version before 0.1.0")]
    [InlineData("update migrations set checksum = 'otherwise' where number = 2", "its migration 0002_tables has the checksum otherwise")]
    public async Task Refuses_a_database_it_does_not_understand(string sql, string reason)
    {
        await (await OpenAsync(File)).DisposeAsync();
        using (var connection = new SqliteConnection(File, isReadOnly: false))
        {
            connection.Execute(sql);
        }

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => OpenAsync(File));

        Assert.Contains(reason, Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Brings_a_database_to_the_present_format_script_by_script()
    {
        Migration Step(int number, string sql) => new(number, $"000{number}_step", sql, $"sum of {number}");
        Migration[] shipped = [
            Step(2, "create table a (x integer);"), Step(3, "create table b (x integer); insert into b values (1);"),
            Step(4, "insert into b values (2);")];
        Directory.CreateDirectory(Path.GetDirectoryName(File)!); // Combined from it.
        using var connection = new SqliteConnection(File, isReadOnly: false);
        SqliteSchema.Ensure(connection, File, shipped[..1]);

        var older = Assert.Throws<ConfigurationException>(() => SqliteSchema.Require(connection, File, shipped));
        using (var broken = new SqliteConnection(File, isReadOnly: false))
        {
            Assert.Throws<SqliteException>(() => SqliteSchema.Ensure(broken, File, [.. shipped[..2], Step(4, "no sql")]));
        }

        Assert.Throws<ConfigurationException>(() => SqliteSchema.Require(connection, File, shipped[..2]));
        SqliteSchema.Ensure(connection, File, shipped);
        SqliteSchema.Ensure(connection, File, shipped);
        SqliteSchema.Require(connection, File, shipped);
        var newer = Assert.Throws<ConfigurationException>(() => SqliteSchema.Ensure(connection, File, shipped[..2]));

        Assert.Contains(
            "has format 2, and this version reads format 4: start the server on it once", Assert.Single(older.Lines),
            StringComparison.Ordinal);
        Assert.Contains("has format 4, and this version knows formats up to 3", Assert.Single(newer.Lines), StringComparison.Ordinal);
        using var rows = connection.Prepare(
            "select (select count(*) from b), (select group_concat(name || ' ' || checksum) from migrations where applied_at > 0), "
                + "(select * from pragma_user_version)").Query();
        Assert.True(rows.Next());
        Assert.Equal((2, "0002_step sum of 2,0003_step sum of 3,0004_step sum of 4", 4), (rows.Number(0), rows.Text(1), rows.Number(2)));
    }

    [Fact]
    public async Task Says_in_one_line_that_a_place_cannot_be_used()
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_directory, "file"), "", Cancellation);

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(Path.Combine(_directory, "file", "store.db")));

        Assert.DoesNotContain('\n', refused.Message);
        Assert.False(refused.IsFull);
    }

    [Fact]
    public async Task Links_the_events_of_a_stream_and_shows_when_one_was_changed()
    {
        var stream = new StreamId(new Bucket(1), "test", "1");
        foreach (var version in new[] { 0, 1 })
        {
            var store = await OpenAsync(File);
            await store.CommitAsync([Appending(stream, version)], Cancellation);
            Assert.Empty(await HashChains.BrokenAsync(store, Cancellation));
            await store.DisposeAsync();
        }

        using (var connection = new SqliteConnection(File, isReadOnly: false))
        {
            connection.Execute("update events set data = x'7b7d' where version = 1");
        }

        Assert.Contains(
            stream.Name, Assert.Single(await HashChains.BrokenAsync(await OpenAsync(File), Cancellation)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_on_reading_while_the_disk_is_full_and_writing_when_there_is_space_again()
    {
        await (await OpenAsync(File)).DisposeAsync();
        var connection = new SqliteConnection(File, isReadOnly: false);
        using var writer = new SqliteWriter(connection);
        using var reader = new SqliteReader(new SqliteConnection(File, isReadOnly: true));
        var (stream, large) = (new StreamId(new Bucket(1), "test", "1"), new StreamId(new Bucket(1), "test", "2"));
        writer.Write([Appending(stream, 0)]);

        connection.Execute("pragma max_page_count = 1");
        var full = Assert.Throws<StoreUnavailableException>(
            () => writer.Write([Appending(stream, 1), Appending(large, 0, new byte[100_000])]));

        Assert.True(full.IsFull);
        Assert.Single(reader.Stream(stream.Name, 0, 10));
        connection.Execute("pragma max_page_count = 1000000");
        Assert.Equal([new Committed(2)], writer.Write([Appending(stream, 1)]));
    }

    [Fact]
    public async Task Takes_back_a_whole_batch_that_breaks_and_goes_on()
    {
        var (stream, broken) = (new StreamId(new Bucket(1), "test", "1"), new StreamId(new Bucket(1), "test", "2"));
        var store = await OpenAsync(File);
        var twice = Appending(broken, 0) with { Appends = [.. Appending(broken, 0).Appends, .. Appending(broken, 0).Appends] };

        await Assert.ThrowsAsync<SqliteException>(async () => await store.CommitAsync([Appending(stream, 0), twice], Cancellation));

        Assert.Equal(0, await store.HeadAsync(Cancellation));
        Assert.Equal([new Committed(1)], await store.CommitAsync([Appending(stream, 0)], Cancellation));
    }

    [Fact]
    public async Task Refuses_a_file_that_is_no_database()
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_directory, "file"), new string('x', 10_000), Cancellation);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => OpenAsync(Path.Combine(_directory, "file")));

        Assert.Contains("no database", Assert.Single(refused.Lines), StringComparison.Ordinal);
    }

    private static Commit Appending(StreamId stream, long expectedVersion, byte[]? data = null) => new()
    {
        Id = Id.New(TimeProvider.System, stream.Bucket),
        Bucket = stream.Bucket,
        Appends =
        [
            new Append(stream, expectedVersion,
                [new NewEvent(Id.New(TimeProvider.System, stream.Bucket), "tests.happened.v1", data ?? [], default, default)]),
        ],
    };

    private async Task<SqliteStore> OpenAsync(string path, TimeProvider? clock = null)
    {
        var store = new SqliteStore(path, clock ?? TimeProvider.System);
        _stores.Add(store);
        await store.OpenAsync(Cancellation);
        return store;
    }
}
