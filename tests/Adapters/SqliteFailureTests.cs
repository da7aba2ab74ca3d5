using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>What SQLite and its file run into, and what becomes of it: wait, look after the disk, restore, or a fault of ours.</summary>
public sealed class SqliteFailureTests : IDisposable
{
    private readonly SqliteDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(13, true)] // SQLITE_FULL
    [InlineData(10, false)] // SQLITE_IOERR
    [InlineData(778, false)] // SQLITE_IOERR_WRITE
    [InlineData(14, false)] // SQLITE_CANTOPEN
    [InlineData(8, false)] // SQLITE_READONLY
    [InlineData(1032, false)] // SQLITE_READONLY_DBMOVED
    [InlineData(3, false)] // SQLITE_PERM
    [InlineData(5, false)] // SQLITE_BUSY
    [InlineData(261, false)] // SQLITE_BUSY_RECOVERY
    public void A_failure_of_the_place_is_unavailable_and_a_full_disk_is_told_apart(int code, bool isFull)
    {
        var failure = Assert.IsType<StoreUnavailableException>(SqliteException.For(code, "/data/store.db", "said SQLite"));

        Assert.Equal(isFull, failure.IsFull);
        Assert.Contains("/data/store.db", failure.Message, StringComparison.Ordinal);
        Assert.Equal(code, Assert.IsType<SqliteException>(failure.InnerException).Code);
    }

    [Theory]
    [InlineData(11)] // SQLITE_CORRUPT
    [InlineData(267)] // SQLITE_CORRUPT_VTAB
    [InlineData(26)] // SQLITE_NOTADB
    public void A_broken_page_is_damage(int code) =>
        Assert.IsType<DamagedException>(SqliteException.For(code, "/data/store.db", "said SQLite"));

    [Theory]
    [InlineData(1)] // SQLITE_ERROR
    [InlineData(19)] // SQLITE_CONSTRAINT
    [InlineData(2067)] // SQLITE_CONSTRAINT_UNIQUE
    public void Anything_else_is_a_fault_of_ours(int code) => Assert.Equal(
        (code, $"SQLite error {code} in /data/store.db: said SQLite"),
        SqliteException.For(code, "/data/store.db", "said SQLite") is SqliteException e ? (e.Code, e.Message) : default);

    [Fact]
    public void A_file_is_kept_by_one_process_at_a_time()
    {
        using (SqliteFile.Lock(_directory.PathOf("store.db")))
        {
            Assert.Throws<StoreInUseException>(() => SqliteFile.Lock(_directory.PathOf("store.db")));
        }

        SqliteFile.Lock(_directory.PathOf("store.db")).Dispose();
    }

    [Fact]
    public void A_place_that_cannot_be_made_is_unavailable()
    {
        File.WriteAllText(_directory.PathOf("in-the-way"), "");

        var failure = Assert.Throws<StoreUnavailableException>(
            () => SqliteFile.Lock(Path.Combine(_directory.PathOf("in-the-way"), "store.db")));

        Assert.False(failure.IsFull);
    }

    [Fact]
    public void A_restore_that_was_broken_off_must_be_done_again_or_cleared()
    {
        var path = _directory.PathOf("store.db");
        Directory.CreateDirectory(SqliteFile.StagingOf(path));

        var refused = Assert.Throws<ConfigurationException>(() => SqliteFile.Lock(path));

        Assert.Contains(SqliteFile.StagingOf(path), refused.Message, StringComparison.Ordinal);
        SqliteFile.Lock(path, isRestoring: true).Dispose();
        Directory.Delete(SqliteFile.StagingOf(path));
        SqliteFile.Lock(path).Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task There_is_nothing_to_copy_or_restore_where_no_database_is(string? content)
    {
        if (content is not null)
        {
            await File.WriteAllTextAsync(_directory.PathOf("store.db"), content, Cancellation);
        }

        Assert.Throws<StoreUnavailableException>(
            () => SqliteCopy.Copy(_directory.PathOf("store.db"), _directory.PathOf("copy.db"), Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => SqliteCopy.RestoreAsync(_directory.PathOf("store.db"), _directory.PathOf("new.db"), Cancellation));
        Assert.False(File.Exists(_directory.PathOf("copy.db")));
    }

    [Fact]
    public async Task What_is_no_database_is_not_copied()
    {
        await File.WriteAllTextAsync(_directory.PathOf("store.db"), new string('x', 10_000), Cancellation);

        Assert.Throws<DamagedException>(() => SqliteCopy.Copy(_directory.PathOf("store.db"), _directory.PathOf("copy.db"), Cancellation));
    }

    [Fact]
    public async Task A_copy_holds_what_was_committed_and_goes_only_where_no_database_is()
    {
        var (store, copy, restored) = (_directory.PathOf("store.db"), _directory.PathOf("copy.db"), _directory.PathOf("restored.db"));
        using (var source = new SqliteStore(store, TimeProvider.System))
        {
            await source.OpenAsync(Cancellation);
            await source.CommitAsync([CommitOf("a")], Cancellation);
            Assert.Equal(1, SqliteCopy.Copy(store, copy, Cancellation).Documents);
            await source.CommitAsync([CommitOf("b")], Cancellation);
        }

        await File.WriteAllTextAsync($"{restored}-wal", "of a database that is gone", Cancellation);
        await SqliteCopy.RestoreAsync(copy, restored, Cancellation);

        await Assert.ThrowsAsync<InvalidOperationException>(() => SqliteCopy.RestoreAsync(store, restored, Cancellation));
        using var found = new SqliteStore(restored, TimeProvider.System);
        await found.OpenAsync(Cancellation);
        Assert.NotNull(await found.FindAsync("things.note.v1", "a", Cancellation));
        Assert.Null(await found.FindAsync("things.note.v1", "b", Cancellation));
    }

    [Fact]
    public async Task A_restore_that_is_cancelled_leaves_nothing_that_would_be_taken_for_a_store()
    {
        var (store, restored) = (_directory.PathOf("store.db"), _directory.PathOf("restored.db"));
        using (var source = new SqliteStore(store, TimeProvider.System))
        {
            await source.OpenAsync(Cancellation);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SqliteCopy.RestoreAsync(store, restored, new CancellationToken(canceled: true)));

        Assert.False(SqliteCopy.Exists(restored));
        await SqliteCopy.RestoreAsync(store, restored, Cancellation);
        Assert.True(SqliteCopy.Exists(restored));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Commit CommitOf(string id) => new()
    {
        Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(1),
        Documents = [new DocumentWrite("things.note.v1", id, new Bucket(1), "{}"u8.ToArray(), 1)],
    };
}
