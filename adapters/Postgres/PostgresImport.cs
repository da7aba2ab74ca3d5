using Npgsql;
using NpgsqlTypes;

namespace Monolith.Adapters.Postgres;

/// <summary>Stores events of another log: one trip and one transaction.</summary>
internal static class PostgresImport
{
    private static readonly string _call =
        $"select monolith.import_events({string.Join(", ", Enumerable.Range(1, 11).Select(i => $"${i}"))})";

    /// <exception cref="ImportException">One of them does not fit.</exception>
    public static async ValueTask<bool> RunAsync(
        NpgsqlDataSource pool, IReadOnlyList<StoredEvent> events, Func<string, int> typeOf, CancellationToken cancellationToken)
    {
        await using var command = pool.CreateCommand(_call);
        var streams = events.Select(e => e.Stream).DistinctBy(s => s.Name).ToList();
        var placeOf = streams.Index().ToDictionary(s => s.Item.Name, s => s.Index + 1, StringComparer.Ordinal);
        var columns = new EventColumns();
        foreach (var e in events)
        {
            columns.Add(placeOf[e.Stream.Name], e.Version, new NewEvent(e.Id, e.Type, e.Data, e.At, e.Meta), typeOf(e.Type));
        }

        command.Parameters.AddAll(
            Arguments.Column([.. streams.Select(s => System.Text.Encoding.UTF8.GetBytes(s.Name))], NpgsqlDbType.Bytea),
            Arguments.Column([.. streams.Select(s => s.Bucket.Code)], NpgsqlDbType.Integer));
        columns.AddTo(command.Parameters);
        command.Parameters.Add(Arguments.Column([.. events.Select(e => e.Position)], NpgsqlDbType.Bigint));
        var refused = (int)(await command.ExecuteScalarAsync(cancellationToken))!; // The function always gives a number.
        return refused == 0 ? true : throw new ImportException(events[refused - 1]);
    }
}
