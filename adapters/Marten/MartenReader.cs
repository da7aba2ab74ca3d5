using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Marten;

/// <summary>Reads events from Marten's tables: one statement, or one trip of two, read committed.</summary>
internal static class MartenReader
{
    private const string SelectHead = "select greatest(0, max(seq_id)) from marten.mt_events";
    private const string SelectEvents = "select e.seq_id, e.stream_id, e.version, e.id, e.type, e.bdata";

    /// <summary>Position of the last native event.</summary>
    public static async ValueTask<long> HeadAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(SelectHead);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!; // One row with a value, always.
    }

    /// <summary>Reads a page of a stream.</summary>
    public static async ValueTask<IReadOnlyList<StoredEvent>> StreamAsync(
        NpgsqlDataSource pool, string name, long afterVersion, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(
            $"{SelectEvents} from marten.mt_events e where e.stream_id = $1 and e.version > $2 order by e.version limit $3");
        command.Parameters.AddAll(Arguments.Text(MartenNames.Escape(name)), Arguments.Number(afterVersion), Arguments.Number(limit));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await EventsAsync(rows, cancellationToken);
    }

    /// <summary>Reads a page of the log.</summary>
    public static async ValueTask<LogPage> LogAsync(
        NpgsqlDataSource pool, long afterPosition, int limit, IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
    {
        // The head first, in the same trip: what is committed while the page is read belongs to the next one.
        await using var batch = pool.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectHead));
        batch.BatchCommands.Add(only is null ? AllAfter(afterPosition, limit) : OfTypesAfter(afterPosition, limit, only));
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var head = rows.GetInt64(0);
        await rows.NextResultAsync(cancellationToken);
        return PostgresReader.PageOf(await EventsAsync(rows, cancellationToken), head, afterPosition, limit);
    }

    private static NpgsqlBatchCommand AllAfter(long afterPosition, int limit)
    {
        var command = new NpgsqlBatchCommand(
            $"{SelectEvents} from marten.mt_events e where e.seq_id > $1 order by e.seq_id limit $2");
        command.Parameters.AddAll(Arguments.Number(afterPosition), Arguments.Number(limit));
        return command;
    }

    // One ordered run per type, merged: neither the whole log is scanned nor much sorted.
    private static NpgsqlBatchCommand OfTypesAfter(long afterPosition, int limit, IReadOnlyCollection<string> only)
    {
        var command = new NpgsqlBatchCommand($"""
            {SelectEvents} from (
                select p.seq_id from unnest($3) t (type) cross join lateral (
                    select seq_id from marten.mt_events where type = t.type and seq_id > $1 order by seq_id limit $2) p
                order by p.seq_id limit $2) p
            cross join lateral (select * from marten.mt_events where seq_id = p.seq_id limit 1) e order by e.seq_id
            """);
        command.Parameters.AddAll(
            Arguments.Number(afterPosition), Arguments.Number(limit), Arguments.Texts(only.Distinct(StringComparer.Ordinal)));
        return command;
    }

    private static async ValueTask<List<StoredEvent>> EventsAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var events = new List<StoredEvent>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var raw = RawEvent.Unpack(rows.GetFieldValue<byte[]>(5));
            events.Add(new StoredEvent(
                rows.GetGuid(3), StreamId.Parse(raw.Bucket, MartenNames.Unescape(rows.GetString(1))), rows.GetInt64(2), rows.GetInt64(0),
                rows.GetString(4), raw.Data, raw.At, raw.Meta));
        }

        return events;
    }
}
