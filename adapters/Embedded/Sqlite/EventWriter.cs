namespace Monolith.Adapters.Embedded;

/// <summary>Appends events. Used inside the writer's transaction.</summary>
internal sealed class EventWriter(SqliteConnection connection)
{
    private readonly SqliteStatement _last = connection.Prepare(
        "select (select max(position) from events), (select max(id) from streams)");

    private readonly SqliteStatement _find = connection.Prepare("select id, version, head from streams where name = ?1");

    private readonly SqliteStatement _position = connection.Prepare(
        "select position from events where stream = (select id from streams where name = ?1) and version = ?2 and id = ?3");

    private readonly SqliteStatement _isTaken = connection.Prepare("select 1 from events where position = ?1");

    private readonly SqliteStatement _start = connection.Prepare(
        "insert into streams (id, name, bucket, version, head) values (?1, ?2, ?3, ?4, ?5)");

    private readonly SqliteStatement _advance = connection.Prepare("update streams set version = ?2, head = ?3 where id = ?1");

    private readonly SqliteStatement _append = connection.Prepare(
        "insert into events (position, stream, version, id, type, data, at, meta) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

    private readonly SqliteStatement _findType = connection.Prepare("select id from types where name = ?1");
    private readonly SqliteStatement _addType = connection.Prepare("insert into types (name) values (?1)");

    private readonly Dictionary<string, long> _types = new(StringComparer.Ordinal);
    private readonly RecentEvents _recent = new();
    private readonly List<Row> _rows = [];
    private long _lastStream;

    /// <summary>Position of the last native event; what was imported lies below zero.</summary>
    public long Head { get; private set; }

    /// <summary>Looks where the log ends. Positions are counted here: the one writer writes one transaction after the other.</summary>
    public void Begin()
    {
        using var rows = _last.Query();
        rows.Next();
        (Head, _lastStream) = (Math.Max(0, rows.Number(0)), rows.Number(1));
    }

    /// <summary>Forgets what a transaction that was rolled back had made.</summary>
    public void RollBack()
    {
        _types.Clear();
        _recent.RolledBack();
    }

    /// <summary>Takes note that the transaction is on disk.</summary>
    public void Committed() => _recent.Committed();

    /// <summary>Answers how the commit ends if it cannot be written: with a conflict, or as it did the first time.</summary>
    /// <returns>Null when nothing is in its way.</returns>
    public CommitOutcome? Check(Commit commit)
    {
        _rows.Clear();
        foreach (var append in commit.Appends)
        {
            var row = Find(append.Stream);
            if (row.Version != append.ExpectedVersion)
            {
                return FirstOutcome(commit) is { } first ? first : Moved(append.Stream, row);
            }

            _rows.Add(row);
        }

        foreach (var check in commit.Checks)
        {
            if (Find(check.Stream) is var row && row.Version != check.ExpectedVersion)
            {
                return Moved(check.Stream, row);
            }
        }

        return null;
    }

    /// <summary>Answers with a conflict when an event of a commit has the id of another one; null when none has.</summary>
    public Conflict? CheckIds(Commit commit) =>
        _recent.IsAnyRepeated(commit.Appends) ? new Conflict(ConflictKind.Event, commit.Appends[0].Stream.Name, 0) : null;

    /// <summary>Writes what was just checked.</summary>
    public void Write(IReadOnlyList<Append> appends)
    {
        for (var i = 0; i < appends.Count; i++)
        {
            Head = Write(appends[i], _rows[i], Head);
        }
    }

    /// <summary>Writes events of another log at the positions that they bring.</summary>
    /// <returns>How many of them were not there yet.</returns>
    /// <exception cref="ImportException">One of them does not fit; what was written before it is to be rolled back.</exception>
    public int Import(IReadOnlyList<StoredEvent> events)
    {
        var (count, last) = (0, long.MinValue);
        foreach (var e in events.Where(e => FirstPosition(e.Stream, e.Version, e.Id) is null))
        {
            var row = Find(e.Stream);
            if (e.Version != row.Version + 1 || e.Position <= last || (e.Position >= 0 && e.Position <= Head) || IsTaken(e.Position))
            {
                throw new ImportException(e);
            }

            last = Write(new Append(e.Stream, row.Version, [new NewEvent(e.Id, e.Type, e.Data, e.At, e.Meta)]), row, e.Position - 1);
            Head = Math.Max(Head, last);
            count++;
        }

        return count;
    }

    private bool IsTaken(long position)
    {
        using var rows = _isTaken.Query(position);
        return rows.Next();
    }

    private static Conflict Moved(StreamId stream, Row row) => new(ConflictKind.Stream, stream.Name, row.Version);

    private Row Find(StreamId stream)
    {
        using var rows = _find.Query(stream.Name);
        return rows.Next() ? new Row(rows.Number(0), rows.Number(1), rows.Bytes(2)) : new Row(0, 0, new byte[HashChain.HeadSize]);
    }

    // A retry brings the same events to the same places; if the last of them is there, so is the whole commit.
    private Committed? FirstOutcome(Commit commit)
    {
        var append = commit.Appends[^1];
        return FirstPosition(append.Stream, append.ExpectedVersion + append.Events.Count, append.Events[^1].Id) is { } position
            ? new Committed(position < 0 ? Head : position)
            : null;
    }

    private long? FirstPosition(StreamId stream, long version, Guid id)
    {
        using var rows = _position.Query(stream.Name, version, id);
        return rows.Next() ? rows.Number(0) : null;
    }

    private long Write(Append append, Row row, long position)
    {
        var id = row.Id == 0 ? ++_lastStream : row.Id;
        var version = row.Version;
        foreach (var e in append.Events)
        {
            _append.Run(++position, id, ++version, e.Id, TypeOf(e.Type), e.Data, e.At, e.Meta);
            _recent.Add(e.Id);
            HashChain.Advance(row.Head, e.Id, e.Type, e.Data.Span);
        }

        if (row.Id == 0)
        {
            _start.Run(id, append.Stream.Name, append.Stream.Bucket.Code, version, row.Head);
        }
        else
        {
            _advance.Run(id, version, row.Head);
        }

        return position;
    }

    private long TypeOf(string name)
    {
        if (!_types.TryGetValue(name, out var id))
        {
            _types[name] = id = FindType(name) ?? AddType(name);
        }

        return id;
    }

    private long? FindType(string name)
    {
        using var rows = _findType.Query(name);
        return rows.Next() ? rows.Number(0) : null;
    }

    private long AddType(string name)
    {
        _addType.Run(name);
        return FindType(name)!.Value; // Added by the line above.
    }

    private readonly record struct Row(long Id, long Version, byte[] Head);
}
