using System.Text;
using SQLitePCL;

namespace Monolith.Benchmarks.Kernel;

/// <summary>One prepared query on a store's file, as one would write it by hand. For one thread.</summary>
internal sealed class RawReader : IDisposable
{
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _query;

    public RawReader(string folder, string sql)
    {
        if (
            raw.sqlite3_open_v2(
                Path.Combine(folder, "store.db"), out _db, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_NOMUTEX, null) != raw.SQLITE_OK
            || raw.sqlite3_prepare_v2(_db, sql, out _query) != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"Cannot read {folder}: {raw.sqlite3_errmsg(_db).utf8_to_string()}");
        }
    }

    /// <summary>Takes every document out of a store that no process has open.</summary>
    public static void DeleteDocuments(string folder)
    {
        var code = raw.sqlite3_open_v2(Path.Combine(folder, "store.db"), out var db, raw.SQLITE_OPEN_READWRITE, null);
        if (code == raw.SQLITE_OK)
        {
            code = raw.sqlite3_exec(db, "delete from entries; delete from documents where kind like 'users.%'");
        }

        raw.sqlite3_close_v2(db);
        if (code != raw.SQLITE_OK)
        {
            throw new InvalidOperationException($"SQLite error {code}.");
        }
    }

    /// <summary>Finds one row by texts and copies its second column.</summary>
    public byte[] Find(params ReadOnlySpan<string> key)
    {
        Span<byte> bytes = stackalloc byte[256];
        for (var i = 0; i < key.Length; i++)
        {
            raw.sqlite3_bind_text(_query, i + 1, bytes[..Encoding.UTF8.GetBytes(key[i], bytes)]);
        }

        if (raw.sqlite3_step(_query) != raw.SQLITE_ROW)
        {
            throw new InvalidOperationException("There is no such row.");
        }

        var found = raw.sqlite3_column_blob(_query, 1).ToArray();
        raw.sqlite3_reset(_query);
        return found;
    }

    /// <summary>Reads every row to its last column.</summary>
    /// <returns>How many rows.</returns>
    public long ReadAll()
    {
        var rows = 0L;
        for (; raw.sqlite3_step(_query) == raw.SQLITE_ROW; rows++)
        {
            for (var column = raw.sqlite3_data_count(_query) - 1; column >= 0; column--)
            {
                _ = raw.sqlite3_column_type(_query, column) == raw.SQLITE_INTEGER
                    ? raw.sqlite3_column_int64(_query, column)
                    : raw.sqlite3_column_blob(_query, column).Length;
            }
        }

        raw.sqlite3_reset(_query);
        return rows;
    }

    public void Dispose()
    {
        _query.Dispose();
        raw.sqlite3_close_v2(_db);
    }
}
