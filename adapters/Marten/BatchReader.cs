using System.Text;
using Monolith.Adapters.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Marten;

/// <summary>
/// Takes the shard's lock and reads what a batch relies on: one trip, several statements. Each sees what was committed before it began, and
/// nothing of all that is committed without the lock but leases of messages, whose rows are locked as they are read.
/// </summary>
internal sealed class BatchReader
{
    private const string Begin = "select epoch, head from marten.monolith_begin()";

    private readonly List<(NpgsqlBatchCommand Command, Action<NpgsqlDataReader, BatchFacts> Note)> _looks = [];

    /// <summary>Looks at what these commits rely on.</summary>
    public static BatchReader Of(IReadOnlyList<Commit> batch)
    {
        var appends = batch.SelectMany(c => c.Appends);
        return new BatchReader()
            .Streams(appends.Select(a => a.Stream).Concat(batch.SelectMany(c => c.Checks, (_, check) => check.Stream)))
            .Events(appends.SelectMany(a => a.Events, (_, e) => e.Id))
            .Documents(batch.SelectMany(c => c.Documents, (_, d) => (d.Kind, d.Id)))
            .Claims(batch.SelectMany(c => c.Documents).SelectMany(BatchState.ClaimsOf).Select(c => c.Key))
            .Messages(batch.SelectMany(c => c.Messages).Where(m => m is SettleMessage or DeferMessage or GuardMessage).Select(m => m.Id));
    }

    /// <summary>Looks at what events of another log rely on.</summary>
    public static BatchReader Of(IReadOnlyList<StoredEvent> events) => new BatchReader()
        .Streams(events.Select(e => e.Stream)).Events(events.Select(e => e.Id)).Positions(events.Select(e => e.Position));

    /// <summary>Takes the lock, which ends with the transaction of the connection, and reads.</summary>
    public async ValueTask<BatchFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        // A statement of its own: those after it see what the last holder of the lock committed.
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
        foreach (var (command, _) in _looks)
        {
            batch.BatchCommands.Add(command);
        }

        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var facts = new BatchFacts(rows.GetInt64(0), rows.GetInt64(1));
        foreach (var (_, note) in _looks)
        {
            await rows.NextResultAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                note(rows, facts);
            }
        }

        return facts;
    }

    private BatchReader Streams(IEnumerable<StreamId> streams) => Look(
        "select s.name, s.version, s.head from unnest($1) n (name) join monolith.streams s on s.name = n.name",
        streams.Select(s => s.Name).Distinct(StringComparer.Ordinal), names => [Bytes(names)],
        (row, facts) => facts.Streams[Utf8(row, 0)] = new StreamFact(row.GetInt64(1), row.GetFieldValue<byte[]>(2)));

    private BatchReader Events(IEnumerable<Guid> ids) => Look(
        "select e.id, e.stream_id, e.version, e.seq_id from unnest($1) n (id) join marten.mt_events e on e.id = n.id",
        ids.Distinct(), all => [Arguments.Column(all, NpgsqlDbType.Uuid)],
        (row, facts) => facts.Events[row.GetGuid(0)] =
            new EventFact(MartenNames.Unescape(row.GetString(1)), row.GetInt64(2), row.GetInt64(3)));

    private BatchReader Positions(IEnumerable<long> positions) => Look(
        "select e.seq_id from unnest($1) n (position) join marten.mt_events e on e.seq_id = n.position",
        positions.Distinct(), all => [Arguments.Column(all, NpgsqlDbType.Bigint)], (row, facts) => facts.Positions.Add(row.GetInt64(0)));

    private BatchReader Documents(IEnumerable<(string Kind, string Id)> documents) => Look(
        """
        select t.kind, t.id, t.version, t.entries
        from unnest($1, $2) d (kind, id) join monolith.documents t on t.kind = d.kind and t.id = d.id
        """,
        documents.Distinct(), all => [Arguments.Texts(all.Select(d => d.Kind)), Bytes(all.ConvertAll(d => d.Id))],
        (row, facts) => facts.Documents[(row.GetString(0), Utf8(row, 1))] =
            new DocumentFact(row.GetInt64(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)));

    private BatchReader Claims(IEnumerable<ClaimKey> claims) => Look(
        """
        select e.kind, e.key, e.id from unnest($1, $2) c (kind, key)
        join monolith.entries e on e.kind = c.kind and e.key = c.key and e.is_claim
        """,
        claims.Distinct(),
        all => [
            Arguments.Texts(all.Select(c => c.Kind)),
            Arguments.Column(all.ConvertAll(c => Convert.FromHexString(c.Key)), NpgsqlDbType.Bytea)],
        (row, facts) => facts.Claims[new ClaimKey(row.GetString(0), Convert.ToHexString(row.GetFieldValue<byte[]>(1)))] = Utf8(row, 2));

    // Locked, so that it cannot be taken between this look and the end of the transaction; in the order of ids, so that two never wait for
    // each other.
    private BatchReader Messages(IEnumerable<Guid> ids) => Look(
        "select id, token from monolith.messages where id = any ($1) and owner is not null order by id for update",
        ids.Distinct(), all => [Arguments.Column(all, NpgsqlDbType.Uuid)], (row, facts) => facts.Held[row.GetGuid(0)] = row.GetInt64(1));

    private BatchReader Look<T>(
        string sql, IEnumerable<T> wanted, Func<List<T>, NpgsqlParameter[]> arguments, Action<NpgsqlDataReader, BatchFacts> note)
    {
        if (wanted.ToList() is { Count: > 0 } all)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddAll(arguments(all));
            _looks.Add((command, note));
        }

        return this;
    }

    private static NpgsqlParameter Bytes(List<string> texts) =>
        Arguments.Column(texts.ConvertAll(Encoding.UTF8.GetBytes), NpgsqlDbType.Bytea);

    private static string Utf8(NpgsqlDataReader row, int column) => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));
}
