namespace Monolith.Adapters.Embedded;

/// <summary>Copies a database that may be in use, and puts a copy in place.</summary>
internal static class SqliteCopy
{
    /// <summary>Whether there is a database; an empty file is what a start that failed leaves behind.</summary>
    public static bool Exists(string path) => File.Exists(path) && new FileInfo(path).Length > 0;

    /// <summary>Refuses what is not there, and what this version cannot read.</summary>
    public static void RequireReadable(string path)
    {
        if (!Exists(path))
        {
            throw new StoreUnavailableException($"{path} is not there.", isFull: false, cause: null);
        }

        using var connection = new SqliteConnection(path, isReadOnly: true);
        SqliteSchema.Require(connection, path);
    }

    /// <summary>
    /// Copies what is committed now, page by page: pages that did not change since an earlier copy are the same bytes at the same place.
    /// </summary>
    public static StoreCounts Copy(string from, string to, CancellationToken cancellationToken)
    {
        RequireReadable(from);
        SqliteFile.Make(to);
        using (var source = new SqliteConnection(from, isReadOnly: true))
        using (var target = new SqliteConnection(to, isReadOnly: false))
        {
            source.CopyTo(target, cancellationToken);

            // Otherwise the copy would want a write-ahead log beside it, for any reader.
            target.Execute("pragma journal_mode = delete");
        }

        Flush(to);
        using var copy = new SqliteConnection(to, isReadOnly: true);
        using var rows = copy.Prepare("""
            select (select max(position) from events), (select count(*) from events), (select count(*) from streams),
                (select count(*) from documents), (select count(*) from messages)
            """).Query();
        rows.Next();
        return new StoreCounts(Math.Max(0, rows.Number(0)), rows.Number(1), rows.Number(2), rows.Number(3), rows.Number(4));
    }

    /// <summary>Puts a copy where no database is yet.</summary>
    public static async Task RestoreAsync(string from, string to, CancellationToken cancellationToken)
    {
        RequireReadable(from);
        await using var held = SqliteFile.Lock(to, isRestoring: true);
        if (Exists(to))
        {
            throw new InvalidOperationException($"{to} exists already; nothing was restored.");
        }

        var partial = $"{to}.partial";
        File.Delete(partial);
        SqliteFile.Make(partial);
        await using (var source = File.OpenRead(from))
        await using (var target = File.OpenWrite(partial))
        {
            await source.CopyToAsync(target, cancellationToken);
        }

        Flush(partial);

        // A write-ahead log that outlived its database would be taken for that of the new one.
        File.Delete($"{to}-wal");
        File.Delete($"{to}-shm");
        File.Move(partial, to, overwrite: true);
        DurableDirectory.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(to))!); // The full path of a file lies in a directory.
    }

    private static void Flush(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }
}
