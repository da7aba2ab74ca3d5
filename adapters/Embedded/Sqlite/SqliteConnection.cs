using SQLitePCL;

namespace Monolith.Adapters.Embedded;

/// <summary>An open database file. Used by one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    // Only another program, a backup or a shell, can hold us up; five seconds are enough for what is quick and short for what is stuck.
    private const int BusyMilliseconds = 5_000;

    /// <summary>Sets how long it waits for another program, as it is at the beginning.</summary>
    public static readonly string BusyTimeout = string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"pragma busy_timeout = {BusyMilliseconds}");

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly sqlite3 _db;

    // Loads the SQLite of the package, once for the process.
    static SqliteConnection() => Batteries_V2.Init();

    /// <param name="path">Of the file.</param>
    /// <param name="isReadOnly">Otherwise the file is made when it is missing.</param>
    public SqliteConnection(string path, bool isReadOnly)
    {
        _path = path;
        var mode = isReadOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE;
        var code = raw.sqlite3_open_v2(path, out _db, mode | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(code);
            raw.sqlite3_extended_result_codes(_db, 1);
            raw.sqlite3_busy_timeout(_db, BusyMilliseconds);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a transaction is open. SQLite ends one by itself when the disk fails.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_db) == 0;

    /// <summary>How many rows the last insert, update or delete changed.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    /// <summary>Prepares a statement, or finds it again; it lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(_db, sql, out var handle));
            _statements.Add(sql, statement = new SqliteStatement(this, handle));
        }

        return statement;
    }

    /// <summary>Runs one or more statements that have no parameters.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_db, sql));

    /// <summary>Copies every page that is committed now. What is committed meanwhile is not in it, and does not wait.</summary>
    public void CopyTo(SqliteConnection copy, CancellationToken cancellationToken)
    {
        // Another connection may commit between two steps; without a transaction of our own the copy would start over each time.
        const int PagesPerStep = 1024;
        Execute("begin; select 1 from sqlite_schema");
        using var backup = raw.sqlite3_backup_init(copy._db, "main", _db, "main");
        int code;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            code = raw.sqlite3_backup_step(backup, PagesPerStep);
        }
        while (code == raw.SQLITE_OK);

        copy.Check(code);
        Execute("commit");
    }

    /// <summary>Ends what is running on it as soon as possible; from any thread.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_db);

    /// <summary>Throws unless the code says that all is well.</summary>
    /// <exception cref="StoreUnavailableException">The disk is full or fails, or the file cannot be reached.</exception>
    /// <exception cref="SqliteException">Anything else.</exception>
    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw SqliteException.For(raw.sqlite3_extended_errcode(_db), _path, raw.sqlite3_errmsg(_db).utf8_to_string());
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        raw.sqlite3_close_v2(_db);
    }
}
