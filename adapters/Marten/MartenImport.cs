using Monolith.Adapters.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Marten;

/// <summary>Stores events of another log at the positions that they bring, which Marten's own appends could not: set by set.</summary>
internal static class MartenImport
{
    /// <exception cref="ImportException">One of them does not fit.</exception>
    public static async ValueTask<bool> RunAsync(
        NpgsqlDataSource pool, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var facts = await BatchReader.Of(events).ReadAsync(connection, cancellationToken);
        var missing = Missing(facts, events);
        if (missing.Count > 0)
        {
            var heads = missing.GroupBy(e => e.Stream).Select(s => (s.Key, s.First().Position, facts.Streams[s.Key.Name])).ToList();
            await using var batch = new NpgsqlBatch(connection, transaction);
            batch.BatchCommands.Add(Streams(heads.ConvertAll(h => h.Key.Name), heads.ConvertAll(h => h.Item3.Version)));
            batch.BatchCommands.Add(Events(missing));
            batch.BatchCommands.Add(StreamHeads.ToCommand(heads));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    // By the rules of import_events. What is there already, at its version and under its id, stays as it is.
    private static List<StoredEvent> Missing(BatchFacts facts, IReadOnlyList<StoredEvent> events)
    {
        var missing = new List<StoredEvent>();
        foreach (var e in events)
        {
            var name = e.Stream.Name;
            if (facts.Events.TryGetValue(e.Id, out var there) && there.Stream == name && there.Version == e.Version)
            {
                continue;
            }

            var (version, head) = facts.Streams.GetValueOrDefault(name) is { } fact ? (fact.Version, fact.Head) : (0, null);
            if (there is not null || e.Version != version + 1 || (missing.Count > 0 && e.Position <= missing[^1].Position)
                || (e.Position >= 0 && e.Position <= facts.Head) || facts.Positions.Contains(e.Position))
            {
                throw new ImportException(e);
            }

            facts.Streams[name] = new StreamFact(e.Version, BatchState.Advance(head, [new NewEvent(e.Id, e.Type, e.Data, e.At, e.Meta)]));
            facts.Events[e.Id] = new EventFact(name, e.Version, e.Position);
            missing.Add(e);
        }

        return missing;
    }

    private static NpgsqlBatchCommand Streams(List<string> names, List<long> versions)
    {
        var command = new NpgsqlBatchCommand("""
            insert into marten.mt_streams as t (id, version, tenant_id) select id, version, '*DEFAULT*' from unnest($1, $2) s (id, version)
            on conflict (id) do update set version = excluded.version, timestamp = now()
            """);
        command.Parameters.AddAll(Arguments.Texts(names.Select(MartenNames.Escape)), Arguments.Column(versions, NpgsqlDbType.Bigint));
        return command;
    }

    private static NpgsqlBatchCommand Events(List<StoredEvent> events)
    {
        var command = new NpgsqlBatchCommand("""
            insert into marten.mt_events
                (seq_id, id, stream_id, version, data, bdata, type, timestamp, tenant_id, mt_dotnet_type, is_archived)
            select position, id, stream, version, '{}', bdata, type, at, '*DEFAULT*', '', false
            from unnest($1, $2, $3, $4, $5, $6, $7) e (position, id, stream, version, bdata, type, at)
            """);
        command.Parameters.AddAll(
            Arguments.Column(events.ConvertAll(e => e.Position), NpgsqlDbType.Bigint),
            Arguments.Column(events.ConvertAll(e => e.Id), NpgsqlDbType.Uuid),
            Arguments.Texts(events.Select(e => MartenNames.Escape(e.Stream.Name))),
            Arguments.Column(events.ConvertAll(e => e.Version), NpgsqlDbType.Bigint),
            Arguments.Column(events.ConvertAll(e => new RawEvent(e.Stream.Bucket, e.At, e.Data, e.Meta).Pack()), NpgsqlDbType.Bytea),
            Arguments.Texts(events.Select(e => e.Type)),
            Arguments.Column(events.ConvertAll(e => e.At.UtcDateTime), NpgsqlDbType.TimestampTz));
        return command;
    }
}
