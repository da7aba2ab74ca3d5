using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>Makes and changes the schema by numbered scripts, each applied once, in order, and remembered with its checksum.</summary>
/// <param name="settings">Which database.</param>
/// <param name="table">Where applied scripts are remembered, with the name of its schema.</param>
/// <param name="shipped">The scripts, by number.</param>
internal sealed class PostgresSchema(PostgresSettings settings, string table, IReadOnlyList<Migration> shipped)
{
    /// <summary>Where the scripts of a store are remembered that keeps its events in Marten's tables.</summary>
    public const string TableOfMarten = "marten.monolith_scripts";

    // "Mono" as a number, and which lock of ours: 1 is the order of commits.
    private const string Lock = "select pg_advisory_xact_lock(1297043279, 2)";

    private static readonly IReadOnlyList<Migration> _own = Migration.In(typeof(PostgresSchema).Assembly);

    // Reading the catalogue first: what a connection knew of it before it had the lock may be stale, absences too.
    private readonly string _begin = $"""
        select from pg_namespace limit 1;
        create schema if not exists {table.Split('.')[0]};
        create table if not exists {table} (
            number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now());
        """;

    private readonly string _hasChecksums = $"""
        select exists (select from pg_attribute where attrelid = to_regclass('{table}')
        and attname = 'checksum' and not attisdropped)
        """;

    /// <summary>The scripts that this adapter ships.</summary>
    public static PostgresSchema Own(PostgresSettings settings) => new(settings, "monolith.migrations", _own);

    /// <summary>Tells whether there is a table.</summary>
    public static async Task<bool> HasTableAsync(NpgsqlDataSource pool, string name, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        return await ScalarAsync<bool>(connection, $"select to_regclass('{name}') is not null", cancellationToken);
    }

    /// <summary>Applies what is missing. Of several nodes that start at once one does it, and the others wait.</summary>
    /// <returns>The names of what was applied.</returns>
    /// <exception cref="ConfigurationException">What was applied before is not what this program ships.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        if ((await AppliedAsync(connection, cancellationToken)).Count == shipped.Count)
        {
            return [];
        }

        // Read committed, and the lock first: the next holder sees what the one before has made. All of it or nothing.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync(connection, Lock, cancellationToken);
        await ExecuteAsync(connection, _begin, cancellationToken);
        var missing = shipped.Skip((await AppliedAsync(connection, cancellationToken)).Count).ToList();
        foreach (var migration in missing)
        {
            await ExecuteAsync(connection, migration.Sql, cancellationToken);
            await using var note = new NpgsqlCommand(
                $"insert into {table} (number, name, checksum) values ($1, $2, $3)", connection);
            note.Parameters.AddAll(Arguments.Number(migration.Number), Arguments.Text(migration.Name), Arguments.Text(migration.Checksum));
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return missing.ConvertAll(m => m.Name);
    }

    /// <summary>Checks that this program and the database fit together.</summary>
    /// <exception cref="ConfigurationException">They do not.</exception>
    public async Task RequireFitAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        if (connection.PostgreSqlVersion.Major < 13)
        {
            throw PostgresFailure.Fault(settings, $"is PostgreSQL {connection.PostgreSqlVersion}; it must be 13 or newer");
        }

        var isolation = await ScalarAsync<string>(connection, "select current_setting('default_transaction_isolation')", cancellationToken);
        if (isolation != "read committed")
        {
            throw PostgresFailure.Fault(
                settings,
                $"has the default isolation level {isolation}, where a commit could not see what was committed while it waited its turn; "
                    + "set \"read committed\" for this user");
        }

        var applied = await AppliedAsync(connection, cancellationToken);
        if (applied.Count < shipped.Count && !settings.IsMigratedAtStart)
        {
            throw PostgresFailure.Fault(
                settings,
                $"is behind this program (schema {(applied.Count == 0 ? 0 : applied[^1].Number)}, this one needs {shipped[^1].Number}), "
                    + "and \"migrate=false\" forbids changing it at the start; run ./run migrate first");
        }
    }

    private async Task<IReadOnlyList<AppliedMigration>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await ScalarAsync<bool>(connection, $"select to_regclass('{table}') is not null", cancellationToken))
        {
            return [];
        }

        if (!await ScalarAsync<bool>(connection, _hasChecksums, cancellationToken))
        {
            throw PostgresFailure.Fault(
                settings, "was made before the first release, by a version whose formats are not read any more; configure an empty one");
        }

        var applied = new List<AppliedMigration>();
        await using var command = new NpgsqlCommand($"select number, checksum from {table} order by number", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            applied.Add(new AppliedMigration(rows.GetInt32(0), rows.GetString(1)));
        }

        return Migration.DifferenceOf(shipped, applied) is { } difference ? throw PostgresFailure.Fault(settings, difference) : applied;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!; // Each of these gives one row with a value.
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
