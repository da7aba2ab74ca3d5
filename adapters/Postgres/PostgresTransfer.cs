using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Reads and writes documents and messages as they lie in the database, to move them to another store.</summary>
internal static class PostgresTransfer
{
    private const string BeginWrite = "select monolith.begin_write()";
    private const string SelectDocuments = "select d.kind, d.id, d.bucket, d.version, d.body, d.entries from monolith.documents d";
    private const string SelectMessages = "select m.id, m.kind, m.bucket, m.lane, m.due, m.body, m.token, m.owner from monolith.messages m";

    public static async ValueTask<IReadOnlyList<DocumentWrite>> DocumentsAsync(
        NpgsqlDataSource pool, string afterKind, string afterId, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"{SelectDocuments} where (d.kind, d.id) > ($1, $2) order by d.kind, d.id limit $3");
        command.Parameters.AddAll(Arguments.Text(afterKind), Arguments.Bytes(afterId), Arguments.Number(limit));
        return await DocumentsAsync(command, cancellationToken);
    }

    public static async ValueTask<IReadOnlyList<DocumentWrite>> DocumentsAsync(
        NpgsqlDataSource pool, IReadOnlyList<(string Kind, string Id)> which, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(
            $"{SelectDocuments} join unnest($1, $2) w (kind, id) on d.kind = w.kind and d.id = w.id");
        command.Parameters.AddAll(
            Arguments.Texts(which.Select(w => w.Kind)),
            Arguments.Column([.. which.Select(w => Encoding.UTF8.GetBytes(w.Id))], NpgsqlDbType.Bytea));
        return await DocumentsAsync(command, cancellationToken);
    }

    public static async ValueTask<IReadOnlyList<StoredMessage>> MessagesAsync(
        NpgsqlDataSource pool, Guid after, int limit, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"{SelectMessages} where m.id > $1 order by m.id limit $2");
        command.Parameters.AddAll(Arguments.Id(after), Arguments.Number(limit));
        return await MessagesAsync(command, cancellationToken);
    }

    public static async ValueTask<IReadOnlyList<StoredMessage>> MessagesAsync(
        NpgsqlDataSource pool, IReadOnlyList<Guid> which, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand($"{SelectMessages} where m.id = any ($1)");
        command.Parameters.Add(Arguments.Column([.. which], NpgsqlDbType.Uuid));
        return await MessagesAsync(command, cancellationToken);
    }

    public static async ValueTask<bool> WriteMessagesAsync(
        NpgsqlDataSource pool, IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone, CancellationToken cancellationToken)
    {
        var remove = new NpgsqlBatchCommand("delete from monolith.messages where id = any ($1)");
        remove.Parameters.Add(Arguments.Column([.. gone], NpgsqlDbType.Uuid));
        var put = new NpgsqlBatchCommand("""
            insert into monolith.messages (id, kind, bucket, lane, due, body, token, owner)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (id) do update set kind = excluded.kind, bucket = excluded.bucket, lane = excluded.lane, due = excluded.due,
                body = excluded.body, token = excluded.token, owner = excluded.owner
            """);
        put.Parameters.AddAll(
            Arguments.Column([.. present.Select(m => m.Id)], NpgsqlDbType.Uuid),
            Arguments.Texts(present.Select(m => m.Kind)),
            Arguments.Column([.. present.Select(m => m.Bucket.Code)], NpgsqlDbType.Integer),
            Arguments.Column([.. present.Select(m => m.Lane)], NpgsqlDbType.Integer),
            Arguments.Column([.. present.Select(m => m.Due.ToUnixTimeMilliseconds())], NpgsqlDbType.Bigint),
            Arguments.Column([.. present.Select(m => m.Body)], NpgsqlDbType.Bytea),
            Arguments.Column([.. present.Select(m => m.Token)], NpgsqlDbType.Bigint),
            Arguments.Column([.. present.Select(m => m.Owner)], NpgsqlDbType.Text));
        return await RunAsync(pool, [new NpgsqlBatchCommand(BeginWrite), remove, put], cancellationToken);
    }

    public static async ValueTask<IReadOnlyList<StreamHead>> HeadsAsync(
        NpgsqlDataSource pool, IReadOnlyList<StreamId> which, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand("select bucket, name, version, head from monolith.streams where name = any ($1)");
        command.Parameters.Add(Arguments.Column([.. which.Select(s => Encoding.UTF8.GetBytes(s.Name))], NpgsqlDbType.Bytea));
        return await PostgresReader.HeadsAsync(command, cancellationToken);
    }

    // Under the lock of the commits: what was begun with the epoch before is stored when this returns, and nothing of it comes later.
    public static ValueTask<bool> FenceAsync(NpgsqlDataSource pool, long epoch, CancellationToken cancellationToken)
    {
        var raise = new NpgsqlBatchCommand("update monolith.shard set epoch = $1");
        raise.Parameters.Add(Arguments.Number(epoch));
        return RunAsync(
            pool, [new NpgsqlBatchCommand(BeginWrite), new NpgsqlBatchCommand("select pg_advisory_xact_lock(1297043279, 1)"), raise],
            cancellationToken);
    }

    // One trip and one transaction, read committed.
    private static async ValueTask<bool> RunAsync(
        NpgsqlDataSource pool, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        await using var batch = pool.CreateBatch();
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async ValueTask<IReadOnlyList<DocumentWrite>> DocumentsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var documents = new List<DocumentWrite>();
        while (await rows.ReadAsync(cancellationToken))
        {
            Bucket? bucket = await rows.IsDBNullAsync(2, cancellationToken) ? null : Bucket.FromCode(rows.GetInt32(2));
            documents.Add(new DocumentWrite(
                rows.GetString(0), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(1)), bucket, rows.GetFieldValue<byte[]>(4),
                rows.GetInt64(3))
            {
                Entries = await rows.IsDBNullAsync(5, cancellationToken) ? [] : [.. StoredEntries.Unpack(rows.GetFieldValue<byte[]>(5))],
            });
        }

        return documents;
    }

    private static async ValueTask<IReadOnlyList<StoredMessage>> MessagesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var messages = new List<StoredMessage>();
        while (await rows.ReadAsync(cancellationToken))
        {
            messages.Add(new StoredMessage(
                rows.GetGuid(0), rows.GetString(1), Bucket.FromCode(rows.GetInt32(2)), rows.GetInt32(3),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4)), rows.GetFieldValue<byte[]>(5), rows.GetInt64(6),
                await rows.IsDBNullAsync(7, cancellationToken) ? null : rows.GetString(7)));
        }

        return messages;
    }
}
