using SQLitePCL;

namespace Monolith.Adapters.Embedded;

/// <summary>SQLite refused something, and waiting will not help.</summary>
internal sealed class SqliteException(int code, string message) : Exception(message)
{
    /// <summary>Extended result code, see sqlite.org/rescode.html.</summary>
    public int Code { get; } = code;

    /// <summary>Makes what a failed call should throw.</summary>
    /// <param name="code">Extended result code.</param>
    /// <param name="path">Which database.</param>
    /// <param name="message">What SQLite says about it; never holds values.</param>
    public static Exception For(int code, string path, string message)
    {
        // The low byte is the primary code; the rest says more about it.
        var cause = new SqliteException(code, $"SQLite error {code} in {path}: {message}");
        return (code & 0xFF) switch
        {
            raw.SQLITE_FULL => new StoreUnavailableException(
                $"The disk of {path} is full; nothing can be written until there is space again.", isFull: true, cause),
            raw.SQLITE_IOERR => new StoreUnavailableException($"The disk of {path} fails ({message}, {code}).", isFull: false, cause),
            raw.SQLITE_CANTOPEN => new StoreUnavailableException($"{path} cannot be opened.", isFull: false, cause),
            raw.SQLITE_READONLY or raw.SQLITE_PERM => new StoreUnavailableException(
                $"{path} cannot be written: no permission.", isFull: false, cause),
            raw.SQLITE_BUSY => new StoreUnavailableException($"{path} is locked by another program.", isFull: false, cause),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new DamagedException($"A page of {path}", cause),
            _ => cause,
        };
    }
}
