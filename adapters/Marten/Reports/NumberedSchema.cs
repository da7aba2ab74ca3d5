using Npgsql;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>A schema that is made by numbered scripts, each applied once, in order, and remembered with its checksum.</summary>
/// <param name="name">Of the schema.</param>
/// <param name="scripts">What the scripts are called in this assembly.</param>
/// <param name="searchPath">Where the scripts make and find things.</param>
/// <param name="fault">Makes a fault of the configuration from the rest of a sentence about the schema.</param>
internal sealed class NumberedSchema(string name, string scripts, string searchPath, Func<string, ConfigurationException> fault)
{
    private const string Ledger = "monolith_migrations";

    private readonly IReadOnlyList<Migration> _shipped = Migration.In(typeof(NumberedSchema).Assembly, scripts);

    /// <summary>Applies what is missing. Within a transaction of the caller, who holds the lock.</summary>
    /// <returns>The names of what was applied.</returns>
    public async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await IsBrokenAsync(connection, cancellationToken))
        {
            // The schema of the store was made again under it. All that is left here came from a log that is gone.
            await ExecuteAsync(connection, $"drop schema {name} cascade", cancellationToken);
        }

        var missing = _shipped.Skip((await AppliedAsync(connection, cancellationToken)).Count).ToList();
        if (missing.Count == 0)
        {
            return [];
        }

        await ExecuteAsync(
            connection,
            $"""
            create schema if not exists {name};
            set local search_path to {searchPath};
            create table if not exists {name}.{Ledger} (
                number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())
            """,
            cancellationToken);
        foreach (var migration in missing)
        {
            await ExecuteAsync(connection, migration.Sql, cancellationToken);
            await using var note = new NpgsqlCommand(
                $"insert into {name}.{Ledger} (number, name, checksum) values ($1, $2, $3)", connection);
            note.Parameters.Add(new() { Value = migration.Number });
            note.Parameters.Add(new() { Value = migration.Name });
            note.Parameters.Add(new() { Value = migration.Checksum });
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        return missing.ConvertAll(m => $"{name} {m.Name}");
    }

    /// <summary>Tells whether everything was applied and is there.</summary>
    public async Task<bool> IsWholeAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await AppliedAsync(connection, cancellationToken)).Count == _shipped.Count
        && !await IsBrokenAsync(connection, cancellationToken);

    private async Task<bool> IsBrokenAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await IsThereAsync(connection, Ledger, cancellationToken) && !await IsThereAsync(connection, "mt_events", cancellationToken);

    private async Task<IReadOnlyList<AppliedMigration>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(connection, Ledger, cancellationToken))
        {
            return await HoldsAnythingAsync(connection, cancellationToken)
                ? throw fault("holds tables of something else; name another one by the key \"schema\"")
                : [];
        }

        var applied = new List<AppliedMigration>();
        await using var command = new NpgsqlCommand($"select number, checksum from {name}.{Ledger} order by number", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            applied.Add(new AppliedMigration(rows.GetInt32(0), rows.GetString(1)));
        }

        return Migration.DifferenceOf(_shipped, applied) is { } difference ? throw fault(difference) : applied;
    }

    private Task<bool> IsThereAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken) =>
        AskAsync(connection, $"select to_regclass('{name}.{table}') is not null", cancellationToken);

    private Task<bool> HoldsAnythingAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        AskAsync(connection, $"select exists (select from pg_class where relnamespace = to_regnamespace('{name}'))", cancellationToken);

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!; // Each of these gives one row with a value.
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
