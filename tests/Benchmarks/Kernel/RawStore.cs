using System.Text;
using SQLitePCL;

namespace Monolith.Benchmarks.Kernel;

/// <param name="Stream">Name of the stream.</param>
/// <param name="Expected">Its version before.</param>
/// <param name="Event">Id of the event.</param>
/// <param name="Data">Of the event.</param>
/// <param name="Document">Of the stream; null for none.</param>
internal sealed record RawCommit(string Stream, long Expected, Guid Event, byte[] Data, byte[]? Document);

/// <summary>
/// Group commit as one would write it by hand for this one purpose: one writer, prepared statements, one transaction for everything that
/// waits, a version check for each stream, everything on disk before any caller hears of it. No hash chain, no claims, no types, no
/// bookkeeping.
/// </summary>
internal sealed class RawStore : IAsyncDisposable
{
    private readonly object _gate = new(); // A monitor, to wait on.
    private readonly Thread _thread;
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _end;
    private readonly sqlite3_stmt _stream;
    private readonly sqlite3_stmt _event;
    private readonly sqlite3_stmt _document;
    private List<(RawCommit Commit, TaskCompletionSource Done)> _waiting = [];
    private bool _isEnding;

    /// <param name="folder">Where its file goes.</param>
    /// <param name="hasOurSchema">Whether the tables and indexes are those of our adapter, or the fewest that the data needs.</param>
    public RawStore(string folder, bool hasOurSchema)
    {
        Check(
            raw.sqlite3_open_v2(
                Path.Combine(folder, hasOurSchema ? "raw-ours.db" : "raw.db"), out _db,
                raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null));
        Execute("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 4000; pragma cache_size = -65536;");
        Execute(hasOurSchema ? OurSchema() : RawSql.Schema);
        _begin = Prepare("begin immediate");
        _end = Prepare("commit");
        _stream = Prepare(hasOurSchema ? RawSql.OurStream : RawSql.Stream);
        _event = Prepare(hasOurSchema ? RawSql.OurEvent : RawSql.Event);
        _document = Prepare(RawSql.Document);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Stores one commit together with whatever else is waiting.</summary>
    public Task CommitAsync(RawCommit commit)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((commit, done));
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }

        return done.Task;
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        foreach (var statement in (sqlite3_stmt[])[_begin, _end, _stream, _event, _document])
        {
            statement.Dispose();
        }

        raw.sqlite3_close_v2(_db);
        return ValueTask.CompletedTask;
    }

    private void Run()
    {
        var batch = new List<(RawCommit Commit, TaskCompletionSource Done)>();
        while (TakeAll(ref batch))
        {
            Write(batch);
            batch.ForEach(b => b.Done.SetResult());
            batch.Clear();
        }
    }

    // Swaps the lists: what waits is taken at once, whatever its number.
    private bool TakeAll(ref List<(RawCommit Commit, TaskCompletionSource Done)> batch)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_isEnding)
            {
                Monitor.Wait(_gate);
            }

            (batch, _waiting) = (_waiting, batch);
            return batch.Count > 0;
        }
    }

    private void Write(List<(RawCommit Commit, TaskCompletionSource Done)> batch)
    {
        Step(_begin);
        foreach (var (commit, _) in batch)
        {
            Write(commit);
        }

        Step(_end);
    }

    private void Write(RawCommit commit)
    {
        BindText(_stream, 1, commit.Stream);
        raw.sqlite3_bind_int64(_stream, 2, commit.Expected);
        if (raw.sqlite3_step(_stream) != raw.SQLITE_ROW)
        {
            throw new InvalidOperationException($"{commit.Stream} is not at {commit.Expected}.");
        }

        raw.sqlite3_bind_int64(_event, 1, raw.sqlite3_column_int64(_stream, 0));
        raw.sqlite3_reset(_stream);
        raw.sqlite3_bind_int64(_event, 2, commit.Expected + 1);
        Span<byte> id = stackalloc byte[16];
        commit.Event.TryWriteBytes(id, bigEndian: true, out _);
        raw.sqlite3_bind_blob(_event, 3, id);
        raw.sqlite3_bind_blob(_event, 4, commit.Data);
        raw.sqlite3_bind_int64(_event, 5, 1_700_000_000_000);
        Step(_event);
        if (commit.Document is { } document)
        {
            BindText(_document, 1, commit.Stream);
            raw.sqlite3_bind_int64(_document, 2, commit.Expected + 1);
            raw.sqlite3_bind_blob(_document, 3, document);
            Step(_document);
        }
    }

    private void Step(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement));
        raw.sqlite3_reset(statement);
    }

    private static void BindText(sqlite3_stmt statement, int index, string text)
    {
        Span<byte> bytes = stackalloc byte[128];
        raw.sqlite3_bind_text(statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_db, sql, out var statement));
        return statement;
    }

    private void Execute(string sql) => Check(raw.sqlite3_exec(_db, sql));

    private void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            throw new InvalidOperationException($"SQLite error {code}: {raw.sqlite3_errmsg(_db).utf8_to_string()}");
        }
    }

    private static string OurSchema()
    {
        // Embedded by the project file.
        return string.Concat(Migration.In(typeof(RawStore).Assembly).Select(m => m.Sql));
    }
}
