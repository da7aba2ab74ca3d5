using System.Text;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>
/// Reads. Each query is one statement or one trip of several, read committed: it sees what was committed before it began.
/// </summary>
internal sealed class PostgresReader(EventTypes types)
{
    private const string SelectHead = "select greatest(0, max(position)) from monolith.events";
    private const string SelectEvents = "select e.position, s.bucket, s.name, e.version, e.id, e.type, e.at, e.data, e.meta";
    private const int LanesPerKind = 10;

    /// <summary>Position of the last native event.</summary>
    public static async ValueTask<long> HeadAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(SelectHead);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!; // One row with a value, always.
    }

    /// <summary>Reads a page of a stream.</summary>
    public async ValueTask<IReadOnlyList<StoredEvent>> StreamAsync(
        NpgsqlDataSource pool, string name, long afterVersion, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"""
            {SelectEvents} from monolith.streams s join monolith.events e on e.stream = s.id
            where s.name = $1 and e.version > $2 order by e.version limit $3
            """);
        command.Parameters.AddAll(Arguments.Bytes(name), Arguments.Number(afterVersion), Arguments.Number(limit));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await EventsAsync(rows, cancellationToken);
    }

    /// <summary>Lists streams by name.</summary>
    public static async ValueTask<IReadOnlyList<StreamHead>> StreamHeadsAsync(
        NpgsqlDataSource pool, string afterName, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(
            "select bucket, name, version, head from monolith.streams where name > $1 order by name limit $2");
        command.Parameters.AddAll(Arguments.Bytes(afterName), Arguments.Number(limit));
        return await HeadsAsync(command, cancellationToken);
    }

    /// <summary>Reads what a query for bucket, name, version and head gives.</summary>
    public static async ValueTask<IReadOnlyList<StreamHead>> HeadsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var heads = new List<StreamHead>();
        while (await rows.ReadAsync(cancellationToken))
        {
            heads.Add(new StreamHead(Stream(rows, 0), rows.GetInt64(2), rows.GetFieldValue<byte[]>(3)));
        }

        return heads;
    }

    /// <summary>Reads a page of the log.</summary>
    public async ValueTask<LogPage> LogAsync(
        NpgsqlDataSource pool, long afterPosition, int limit, IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
    {
        // The head first, in the same trip: what is committed while the page is read belongs to the next one, or a filtered page could
        // claim to have seen it.
        await using var batch = pool.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectHead));
        batch.BatchCommands.Add(only is null ? AllAfter(afterPosition, limit) : OfTypesAfter(afterPosition, limit, only));
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var head = rows.GetInt64(0);
        await rows.NextResultAsync(cancellationToken);
        return PageOf(await EventsAsync(rows, cancellationToken), head, afterPosition, limit);
    }

    /// <summary>Tells how far a page has looked.</summary>
    public static LogPage PageOf(List<StoredEvent> events, long head, long afterPosition, int limit) => new(
        events, events.Count == limit ? events[^1].Position : Math.Max(head, events.Count == 0 ? afterPosition : events[^1].Position));

    /// <summary>Finds one document.</summary>
    public static async ValueTask<Document?> DocumentAsync(
        NpgsqlDataSource pool, string kind, string id, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand("select version, body from monolith.documents where kind = $1 and id = $2");
        command.Parameters.AddAll(Arguments.Text(kind), Arguments.Bytes(id));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new Document(kind, id, rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Finds a page of documents.</summary>
    public static async ValueTask<IReadOnlyList<Document>> DocumentsAsync(
        NpgsqlDataSource pool, DocumentQuery query, CancellationToken cancellationToken)
    {
        var (from, id) = query.Entry is null
            ? ("monolith.documents d where d.kind = $1", "d.id")
            : ("monolith.entries e join monolith.documents d on d.kind = e.kind and d.id = e.id where e.kind = $1 and e.key = $4", "e.id");
        var (order, isBeyond) = query.IsDescending ? ("desc", "<") : ("asc", ">");

        // Entries of its row that are in the index too: only by these can it be found.
        var entries = query.WithEntries
            ? "d.entries, array(select k.key from monolith.entry_keys(d.entries) k (key) join monolith.entries i on i.kind = d.kind "
                + "and i.key = k.key and i.id = d.id)"
            : "null, null";
        await using var command = pool.CreateCommand($"""
            select d.id, d.version, d.body, {entries} from {from}
            {(query.After is null ? "and $3::bytea is null" : $"and {id} {isBeyond} $3")}
            order by {id} {order} limit $2
            """);
        command.Parameters.AddAll(Arguments.Text(query.Kind), Arguments.Number(query.Limit), Arguments.Bytes(query.After));
        if (query.Entry is not null)
        {
            command.Parameters.Add(Arguments.Bytes(StoredEntries.KeyOf(query.Entry)));
        }

        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var documents = new List<Document>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var document = new Document(query.Kind, Utf8(rows, 0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
            documents.Add(await rows.IsDBNullAsync(3, cancellationToken) ? document : document with { Entries = Indexed(rows) });
        }

        return documents;
    }

    /// <summary>Tells when the next message of these kinds falls due.</summary>
    public static async ValueTask<DateTimeOffset?> NextDueAsync(
        NpgsqlDataSource pool, IReadOnlyCollection<string> kinds, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"""
            select min((select m.due from monolith.messages m where m.kind = k.kind and m.lane = l.lane order by m.due limit 1))
            from unnest($1) k (kind) cross join generate_series(0, {LanesPerKind - 1}) l (lane)
            """);
        command.Parameters.Add(Arguments.Texts(kinds));
        return await command.ExecuteScalarAsync(cancellationToken) is long due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;
    }

    /// <summary>Counts the messages of a kind that are due.</summary>
    public static async ValueTask<int> CountDueAsync(
        NpgsqlDataSource pool, string kind, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"""
            select count(*) from (
                select from generate_series(0, {LanesPerKind - 1}) l (lane)
                cross join lateral (select from monolith.messages m
                    where m.kind = $1 and m.lane = l.lane and m.due <= $2 limit $3) d limit $3) d
            """);
        command.Parameters.AddAll(Arguments.Text(kind), Arguments.Time(now), Arguments.Number(limit));
        return (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!; // Counting always gives a number.
    }

    private static NpgsqlBatchCommand AllAfter(long afterPosition, int limit)
    {
        var command = new NpgsqlBatchCommand($"""
            {SelectEvents} from (select * from monolith.events where position > $1 order by position limit $2) e
            cross join lateral (select bucket, name from monolith.streams where id = e.stream limit 1) s order by e.position
            """);
        command.Parameters.AddAll(Arguments.Number(afterPosition), Arguments.Number(limit));
        return command;
    }

    // One ordered run per type, merged: neither the whole log is scanned nor much sorted.
    private static NpgsqlBatchCommand OfTypesAfter(long afterPosition, int limit, IReadOnlyCollection<string> only)
    {
        var command = new NpgsqlBatchCommand($"""
            {SelectEvents} from (
                select p.position from monolith.types t cross join lateral (
                    select position from monolith.events where type = t.id and position > $1 order by position limit $2) p
                where t.name = any ($3) order by p.position limit $2) p
            cross join lateral (select * from monolith.events where position = p.position limit 1) e
            cross join lateral (select bucket, name from monolith.streams where id = e.stream limit 1) s order by e.position
            """);
        command.Parameters.AddAll(Arguments.Number(afterPosition), Arguments.Number(limit), Arguments.Texts(only));
        return command;
    }

    private async ValueTask<List<StoredEvent>> EventsAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var events = new List<StoredEvent>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var number = rows.GetInt32(5);
            if (types.NameOf(number) is not { } type)
            {
                // Another node made it a moment ago; its number was committed before the event was.
                await types.LoadAsync(cancellationToken);
                type = types.NameOf(number) ?? throw new InvalidDataException($"Event type {number} has no name.");
            }

            events.Add(new StoredEvent(
                rows.GetGuid(4), Stream(rows, 1), rows.GetInt64(3), rows.GetInt64(0), type,
                rows.GetFieldValue<byte[]>(7), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(6)), rows.GetFieldValue<byte[]>(8)));
        }

        return events;
    }

    private static List<IndexEntry> Indexed(NpgsqlDataReader rows)
    {
        var keys = rows.GetFieldValue<byte[][]>(4).Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        return [
            .. StoredEntries.Unpack(rows.GetFieldValue<byte[]>(3)).Where(e => keys.Contains(Convert.ToHexString(StoredEntries.KeyOf(e))))];
    }

    private static StreamId Stream(NpgsqlDataReader rows, int bucket) =>
        StreamId.Parse(Bucket.FromCode(rows.GetInt32(bucket)), Utf8(rows, bucket + 1));

    private static string Utf8(NpgsqlDataReader rows, int column) => Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(column));
}
