using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Monolith.Adapters.Embedded;

/// <summary>A prepared statement, run again and again with other values.</summary>
internal sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Runs it to its end.</summary>
    public void Run(params ReadOnlySpan<SqliteValue> values)
    {
        using var rows = Query(values);
        while (rows.Next())
        {
        }
    }

    /// <summary>Starts it. The rows must be disposed of before it is run again.</summary>
    public SqliteRows Query(params ReadOnlySpan<SqliteValue> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            connection.Check(Bind(i + 1, in values[i]));
        }

        return new SqliteRows(connection, handle);
    }

    /// <inheritdoc />
    public void Dispose() => handle.Dispose();

    private int Bind(int index, in SqliteValue value) => value.Kind switch
    {
        SqliteValueKind.Number => raw.sqlite3_bind_int64(handle, index, value.Number),
        SqliteValueKind.Text => BindText(index, value.Text!),
        SqliteValueKind.Bytes => raw.sqlite3_bind_blob(handle, index, value.Bytes.Span),
        SqliteValueKind.Guid => BindGuid(index, value.Guid),
        _ => raw.sqlite3_bind_null(handle, index),
    };

    private int BindText(int index, string text)
    {
        if (text.Length == 0)
        {
            // An empty span is a null pointer, which SQLite takes for null.
            return raw.sqlite3_bind_text(handle, index, "");
        }

        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = size > 512 ? ArrayPool<byte>.Shared.Rent(size) : null;
        var bytes = rented ?? stackalloc byte[512];
        var code = raw.sqlite3_bind_text(handle, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return code;
    }

    private int BindGuid(int index, Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return raw.sqlite3_bind_blob(handle, index, bytes);
    }
}

/// <summary>The rows of a statement that is running; columns count from 0. Disposing makes the statement free again.</summary>
internal readonly ref struct SqliteRows(SqliteConnection connection, sqlite3_stmt handle)
{
    /// <summary>Steps to the next row. False at the end.</summary>
    public bool Next()
    {
        var code = raw.sqlite3_step(handle);
        connection.Check(code);
        return code == raw.SQLITE_ROW;
    }

    /// <summary>Tells whether there is no value.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    /// <summary>Reads a number.</summary>
    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>Reads where something lies.</summary>
    public Bucket Place(int column) => Bucket.FromCode(raw.sqlite3_column_int(handle, column));

    /// <summary>Reads a text. Not by its terminator, as a text may hold that character.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(handle, column));

    /// <summary>Copies the bytes.</summary>
    public byte[] Bytes(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    /// <summary>Reads a UUID.</summary>
    public Guid Guid(int column) => new(raw.sqlite3_column_blob(handle, column), bigEndian: true);

    /// <summary>Reads a time, UTC.</summary>
    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    /// <summary>Ends the statement.</summary>
    public void Dispose() => raw.sqlite3_reset(handle);
}
