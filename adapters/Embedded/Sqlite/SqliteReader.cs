using System.Text.Json;

namespace Monolith.Adapters.Embedded;

/// <summary>Reads on a connection of its own, so that it sees what was committed and never waits.</summary>
internal sealed class SqliteReader(SqliteConnection connection) : IDisposable
{
    private const string SelectEvents = """
        select e.id, s.bucket, s.name, e.version, e.position, t.name, e.data, e.at, e.meta
        """;

    private const string WithLanes = "with lanes (lane) as (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))";

    private readonly SqliteStatement _head = connection.Prepare("select max(position) from events");

    private readonly SqliteStatement _stream = connection.Prepare($"""
        {SelectEvents} from streams s cross join events e on e.stream = s.id join types t on t.id = e.type
        where s.name = ?1 and e.version > ?2 order by e.version limit ?3
        """);

    private readonly SqliteStatement _heads = connection.Prepare(
        "select bucket, name, version, head from streams where name > ?1 order by name limit ?2");

    private readonly SqliteStatement _log = connection.Prepare($"""
        {SelectEvents} from events e join streams s on s.id = e.stream join types t on t.id = e.type
        where e.position > ?1 and e.position <= ?2 order by e.position limit ?3
        """);

    private readonly SqliteStatement _document = connection.Prepare("select version, body from documents where kind = ?1 and id = ?2");

    private readonly SqliteStatement _entry = connection.Prepare(
        "select 1 from entries where kind = ?1 and name = ?2 and value = ?3 and id = ?4 and is_unique = ?5");

    private readonly SqliteStatement _nextDue = connection.Prepare($"""
        {WithLanes}
        select min((select min(due) from messages where kind = k.value and messages.lane = lanes.lane)) from json_each(?1) k, lanes
        """);

    private readonly SqliteStatement _countDue = connection.Prepare($"""
        {WithLanes}
        select count(*) from (
            select 1 from lanes cross join messages m on m.kind = ?1 and m.lane = lanes.lane and m.due <= ?2 limit ?3)
        """);

    /// <summary>For moving the content to another store.</summary>
    public TransferReader Transfer { get; } = new(connection);

    /// <summary>Position of the last native event; what was imported lies below zero.</summary>
    public long Head()
    {
        using var rows = _head.Query();
        rows.Next();
        return Math.Max(0, rows.Number(0));
    }

    /// <summary>Reads a page of a stream.</summary>
    public List<StoredEvent> Stream(string name, long afterVersion, int limit) => Events(_stream.Query(name, afterVersion, limit));

    /// <summary>Lists streams by name.</summary>
    public List<StreamHead> StreamHeads(string afterName, int limit)
    {
        var heads = new List<StreamHead>();
        using var rows = _heads.Query(afterName, limit);
        while (rows.Next())
        {
            heads.Add(new StreamHead(StreamId.Parse(rows.Place(0), rows.Text(1)), rows.Number(2), rows.Bytes(3)));
        }

        return heads;
    }

    /// <summary>Reads a page of the log.</summary>
    public LogPage Log(long afterPosition, int limit, IReadOnlyCollection<string>? types)
    {
        // The head first: what is committed while the page is read belongs to the next one, or a filtered page could claim to have seen it.
        var head = Math.Max(Head(), afterPosition);
        var events = types switch
        {
            null => Events(_log.Query(afterPosition, head, limit)),
            { Count: 0 } => [],
            _ => Events(QueryLog(afterPosition, head, limit, types)),
        };
        return new LogPage(events, events.Count == limit ? events[^1].Position : head);
    }

    /// <summary>Finds one document.</summary>
    public Document? Document(string kind, string id)
    {
        using var rows = _document.Query(kind, id);
        return rows.Next() ? new Document(kind, id, rows.Number(0), rows.Bytes(1)) : null;
    }

    /// <summary>Finds a page of documents.</summary>
    public List<Document> Documents(DocumentQuery query)
    {
        var (from, id) = query.Entry is null
            ? ("documents d where d.kind = ?1", "d.id")
            : (
                "entries e cross join documents d on d.kind = e.kind and d.id = e.id where e.kind = ?1 and e.name = ?4 and e.value = ?5",
                "e.id");
        var (order, isBeyond) = query.IsDescending ? ("desc", "<") : ("asc", ">");
        var after = query.After is null ? "?3 is null" : $"{id} {isBeyond} ?3";
        var statement = connection.Prepare(
            $"select d.id, d.version, d.body, d.entries from {from} and {after} order by {id} {order} limit ?2");

        using var rows = query.Entry is null
            ? statement.Query(query.Kind, query.Limit, query.After)
            : statement.Query(query.Kind, query.Limit, query.After, query.Entry.Index, query.Entry.Value);
        var documents = new List<Document>();
        while (rows.Next())
        {
            var document = new Document(query.Kind, rows.Text(0), rows.Number(1), rows.Bytes(2));
            documents.Add(query.WithEntries && !rows.IsNull(3) ? document with { Entries = Indexed(document, rows.Bytes(3)) } : document);
        }

        return documents;
    }

    /// <summary>Tells when the next message of these kinds falls due.</summary>
    public DateTimeOffset? NextDue(IReadOnlyCollection<string> kinds)
    {
        using var rows = _nextDue.Query(ToJson(kinds));
        return rows.Next() && !rows.IsNull(0) ? rows.Time(0) : null;
    }

    /// <summary>Counts the messages of a kind that are due.</summary>
    public int CountDue(string kind, DateTimeOffset now, int limit)
    {
        using var rows = _countDue.Query(kind, now, limit);
        rows.Next();
        return (int)rows.Number(0);
    }

    /// <inheritdoc />
    public void Dispose() => connection.Dispose();

    // Those of its row that are in the index too: only by these can it be found.
    private List<IndexEntry> Indexed(Document document, byte[] packed)
    {
        var entries = new List<IndexEntry>();
        foreach (var entry in StoredEntries.Unpack(packed))
        {
            using var rows = _entry.Query(document.Kind, entry.Index, entry.Value, document.Id, entry.IsUnique ? 1 : 0);
            if (rows.Next())
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    // One ordered run per type, merged by SQLite as they are read: neither the whole log is scanned nor anything sorted.
    private SqliteRows QueryLog(long afterPosition, long head, int limit, IReadOnlyCollection<string> types)
    {
        const int First = 4;
        var runs = Enumerable.Range(First, types.Count).Select(i => $"""
            select position from events where type = (select id from types where name = ?{i}) and position > ?1 and position <= ?2
            """);
        var statement = connection.Prepare($"""
            {SelectEvents} from ({string.Join(" union all ", runs)} order by position limit ?3) p
            cross join events e on e.position = p.position join streams s on s.id = e.stream
            join types t on t.id = e.type order by p.position
            """);
        return statement.Query([afterPosition, head, limit, .. types.Select(t => (SqliteValue)t)]);
    }

    private static List<StoredEvent> Events(SqliteRows rows)
    {
        var events = new List<StoredEvent>();
        using (rows)
        {
            while (rows.Next())
            {
                var stream = StreamId.Parse(rows.Place(1), rows.Text(2));
                events.Add(new StoredEvent(
                    rows.Guid(0), stream, rows.Number(3), rows.Number(4), rows.Text(5), rows.Bytes(6), rows.Time(7), rows.Bytes(8)));
            }
        }

        return events;
    }

    private static string ToJson(IEnumerable<string> texts) =>
        $"[{string.Join(',', texts.Select(t => $"\"{JsonEncodedText.Encode(t)}\""))}]";
}
