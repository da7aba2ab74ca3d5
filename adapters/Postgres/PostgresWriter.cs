using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Writes: each call is one trip and one transaction, begun and ended in the server.</summary>
internal static class PostgresWriter
{
    /// <summary>Stores a batch: a call per wave, all in one transaction.</summary>
    public static async ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(
        NpgsqlDataSource pool, IReadOnlyList<CommitArrays> waves, string sender, CancellationToken cancellationToken)
    {
        if (waves is [{ IsOne: true } one] && await TryCommitOneAsync(pool, one, sender, cancellationToken) is { } position)
        {
            return [new Committed(position)];
        }

        await using var batch = pool.CreateBatch();
        foreach (var wave in waves)
        {
            batch.BatchCommands.Add(wave.ToCommand(sender));
        }

        var outcomes = new List<CommitOutcome>();
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var wave in waves)
        {
            await rows.ReadAsync(cancellationToken);
            var (codes, items, numbers) = (rows.GetFieldValue<int[]>(0), rows.GetFieldValue<int[]>(1), rows.GetFieldValue<long[]>(2));
            for (var i = 0; i < wave.Count; i++)
            {
                outcomes.Add(wave.OutcomeOf(i, codes[i], items[i], numbers[i]));
            }

            await rows.NextResultAsync(cancellationToken);
        }

        return outcomes;
    }

    // Null where nothing was stored: the usual way tells the reason, or has none.
    private static async ValueTask<long?> TryCommitOneAsync(
        NpgsqlDataSource pool, CommitArrays one, string sender, CancellationToken cancellationToken)
    {
        await using var batch = pool.CreateBatch();
        batch.BatchCommands.Add(one.ToOneCommand(sender));
        return await batch.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>Takes messages that are due.</summary>
    public static async ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(
        NpgsqlDataSource pool, TakeMessages request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(
            "select id, kind, bucket, body, token from monolith.take_messages($1, $2, $3, $4, $5)");
        command.Parameters.AddAll(
            Arguments.Texts(request.Kinds.Distinct()), Arguments.Number(request.Max), Arguments.Text(request.Owner),
            Arguments.Time(now), Arguments.Time(now + request.Lease));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var taken = new List<TakenMessage>();
        while (await rows.ReadAsync(cancellationToken))
        {
            taken.Add(TakenFrom(rows));
        }

        return taken;
    }

    /// <summary>Reserves messages that are due.</summary>
    public static async ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(
        NpgsqlDataSource pool, ReserveMessages request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(
            "select id, kind, bucket, lane, body, token from monolith.reserve_messages($1, $2, $3, $4)");
        command.Parameters.AddAll(
            Arguments.Texts(request.Kinds.Distinct()), Arguments.Number(request.Max), Arguments.Time(now),
            Arguments.Time(now + request.Lease));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var reserved = new List<ReservedMessage>();
        while (await rows.ReadAsync(cancellationToken))
        {
            reserved.Add(new ReservedMessage(
                rows.GetGuid(0), rows.GetString(1), Bucket.FromCode(rows.GetInt32(2)), rows.GetInt32(3), rows.GetFieldValue<byte[]>(4),
                rows.GetInt64(5)));
        }

        return reserved;
    }

    /// <summary>Takes what was reserved and is still to be had.</summary>
    public static async ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(
        NpgsqlDataSource pool, ClaimMessages request, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // At most one copy of a message has the token that it has now.
        var copies = request.Messages.DistinctBy(m => (m.Id, m.Token)).ToList();
        await using var command = pool.CreateCommand("select id, kind, bucket, body, token from monolith.claim_messages($1, $2, $3, $4)");
        command.Parameters.AddAll(
            Arguments.Column(copies.ConvertAll(m => m.Id), NpgsqlDbType.Uuid),
            Arguments.Column(copies.ConvertAll(m => m.Token), NpgsqlDbType.Bigint),
            Arguments.Text(request.Owner), Arguments.Time(until));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var taken = new Dictionary<Guid, TakenMessage>();
        while (await rows.ReadAsync(cancellationToken))
        {
            var message = TakenFrom(rows);
            taken.Add(message.Id, message);
        }

        return [.. copies.Select(m => m.Id).Distinct().Where(taken.ContainsKey).Select(id => taken[id])];
    }

    /// <summary>Prolongs a lease.</summary>
    public static async ValueTask<bool> ExtendAsync(
        NpgsqlDataSource pool, TakenMessage message, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand("select monolith.extend_message($1, $2, $3)");
        command.Parameters.AddAll(Arguments.Id(message.Id), Arguments.Number(message.Token), Arguments.Time(until));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Gives back what an owner holds.</summary>
    public static async ValueTask<int> ReleaseAsync(
        NpgsqlDataSource pool, string owner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand("select monolith.release_messages($1, $2)");
        command.Parameters.AddAll(Arguments.Text(owner), Arguments.Time(now));
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!; // The function always gives a number.
    }

    private static TakenMessage TakenFrom(NpgsqlDataReader rows) => new(
        rows.GetGuid(0), rows.GetString(1), Bucket.FromCode(rows.GetInt32(2)), rows.GetFieldValue<byte[]>(3), rows.GetInt64(4));
}
