namespace Monolith.Adapters.Embedded;

/// <summary>Writes documents with their index entries. Used inside the writer's transaction.</summary>
internal sealed class DocumentWriter(SqliteConnection connection)
{
    private readonly SqliteStatement _find = connection.Prepare("select version, entries from documents where kind = ?1 and id = ?2");
    private readonly SqliteStatement _delete = connection.Prepare("delete from documents where kind = ?1 and id = ?2");

    private readonly SqliteStatement _put = connection.Prepare("""
        insert into documents (kind, id, bucket, version, body, entries) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (kind, id) do update set bucket = ?3, version = ?4, body = ?5, entries = ?6
        """);

    private readonly SqliteStatement _holders = connection.Prepare("select id from entries where kind = ?1 and name = ?2 and value = ?3");

    private readonly SqliteStatement _deleteEntry = connection.Prepare(
        "delete from entries where kind = ?1 and name = ?2 and value = ?3 and id = ?4");

    private readonly SqliteStatement _addEntry = connection.Prepare("""
        insert into entries (kind, name, value, id, is_unique) values (?1, ?2, ?3, ?4, ?5)
        on conflict (kind, name, value, id) do nothing
        """);

    private readonly SqliteStatement _anyEntry = connection.Prepare("select 1 from entries where kind = ?1 limit 1");

    // Kinds that have, or had, entries; asked for once, as there is no other writer. One too many costs a read.
    private readonly Dictionary<string, bool> _isIndexed = new(StringComparer.Ordinal);
    private readonly List<Change> _changes = [];

    /// <summary>Names what is in the way of these writes; null when nothing is.</summary>
    public Conflict? Check(IReadOnlyList<DocumentWrite> writes)
    {
        _changes.Clear();
        foreach (var write in writes)
        {
            if (write is { ExpectedVersion: null, Entries.Count: 0 } && !IsIndexed(write.Kind))
            {
                // Whatever is there now, it is replaced and nothing refers to it.
                _changes.Add(new Change(write, null, null));
                continue;
            }

            var (version, entries) = Find(write);
            if (write.ExpectedVersion is { } expected && expected != version)
            {
                return new Conflict(ConflictKind.Document, $"{write.Kind}/{write.Id}", version);
            }

            _changes.Add(new Change(write, entries, write.Body is null ? null : StoredEntries.Pack(write.Entries)));
        }

        foreach (var write in writes)
        {
            if (CheckClaims(write, writes) is { } conflict)
            {
                return conflict;
            }
        }

        return null;
    }

    /// <summary>Writes what was just checked.</summary>
    public void Write()
    {
        // All released entries go first, so that a claim can pass from one document to another.
        foreach (var change in _changes)
        {
            if (!change.HasOtherEntries)
            {
                continue;
            }

            foreach (var entry in StoredEntries.Unpack(change.Former).Except(change.Present))
            {
                _deleteEntry.Run(change.Write.Kind, entry.Index, entry.Value, change.Write.Id);
            }
        }

        foreach (var change in _changes)
        {
            Write(change);
        }
    }

    private bool IsIndexed(string kind)
    {
        if (!_isIndexed.TryGetValue(kind, out var isIndexed))
        {
            using var rows = _anyEntry.Query(kind);
            _isIndexed[kind] = isIndexed = rows.Next();
        }

        return isIndexed;
    }

    private (long Version, byte[]? Entries) Find(DocumentWrite write)
    {
        using var rows = _find.Query(write.Kind, write.Id);
        return rows.Next() ? (rows.Number(0), rows.IsNull(1) ? null : rows.Bytes(1)) : (0, null);
    }

    private Conflict? CheckClaims(DocumentWrite write, IReadOnlyList<DocumentWrite> writes)
    {
        foreach (var claim in write.Entries)
        {
            if (write.Body is null || !claim.IsUnique)
            {
                continue;
            }

            var isWanted = writes.Any(other => other.Kind == write.Kind && other.Id != write.Id && other.Body is not null
                && other.Entries.Any(e => e.Index == claim.Index && e.Value == claim.Value));
            if (isWanted || IsHeld(write, claim, writes))
            {
                // Without the value: it may be a person's address, and conflicts are logged.
                return new Conflict(ConflictKind.Claim, $"{write.Kind}/{claim.Index}", 0);
            }
        }

        return null;
    }

    private bool IsHeld(DocumentWrite write, IndexEntry claim, IReadOnlyList<DocumentWrite> writes)
    {
        using var rows = _holders.Query(write.Kind, claim.Index, claim.Value);
        while (rows.Next())
        {
            // What the same commit rewrites or deletes releases its entries.
            var holder = rows.Text(0);
            if (!writes.Any(w => w.Kind == write.Kind && w.Id == holder))
            {
                return true;
            }
        }

        return false;
    }

    private void Write(Change change)
    {
        var write = change.Write;
        if (write.Body is null)
        {
            _delete.Run(write.Kind, write.Id);
            return;
        }

        _put.Run(write.Kind, write.Id, (long?)write.Bucket?.Code, write.Version, write.Body, change.Entries);
        if (change.HasOtherEntries)
        {
            _isIndexed[write.Kind] = true;
            foreach (var entry in write.Entries.Except(StoredEntries.Unpack(change.Former)))
            {
                _addEntry.Run(write.Kind, entry.Index, entry.Value, write.Id, entry.IsUnique ? 1 : 0);
            }
        }
    }

    private readonly record struct Change(DocumentWrite Write, byte[]? Former, byte[]? Entries)
    {
        // A rewrite mostly leaves the entries as they are, and then their table is not touched.
        public bool HasOtherEntries => !Former.AsSpan().SequenceEqual(Entries);

        public IReadOnlyList<IndexEntry> Present => Write.Body is null ? [] : Write.Entries;
    }
}
