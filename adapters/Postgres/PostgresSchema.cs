using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>Makes and changes the schema by numbered files, each applied once, in order.</summary>
internal sealed class PostgresSchema(PostgresSettings settings)
{
    // "Mono" as a number, and which lock of ours: 1 is the order of commits.
    private const string Lock = "select pg_advisory_xact_lock(1297043279, 2)";

    private const string Begin = """
        create schema if not exists monolith;
        create table if not exists monolith.migrations (number int primary key, name text not null, applied_at timestamptz not null default now());
        """;

    private static readonly IReadOnlyList<(int Number, string Name)> _files = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(n => (int.Parse(n.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), Path.GetFileNameWithoutExtension(n)))];

    /// <summary>The number of the last file.</summary>
    public static int Newest => _files[^1].Number;

    /// <summary>Applies what is missing.</summary>
    /// <returns>The names of what was applied.</returns>
    public static async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        if (await VersionAsync(connection, cancellationToken) >= Newest)
        {
            return [];
        }

        // Read committed, and the lock first: the next holder sees what the one before has made. All of it or nothing.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync(connection, Lock, cancellationToken);
        await ExecuteAsync(connection, Begin, cancellationToken);
        var version = await VersionAsync(connection, cancellationToken);
        var applied = new List<string>();
        foreach (var (number, name) in _files.Where(f => f.Number > version))
        {
            await ExecuteAsync(connection, await TextOfAsync(name, cancellationToken), cancellationToken);
            await using var note = new NpgsqlCommand("insert into monolith.migrations (number, name) values ($1, $2)", connection);
            note.Parameters.AddAll(Arguments.Number(number), Arguments.Text(name));
            await note.ExecuteNonQueryAsync(cancellationToken);
            applied.Add(name);
        }

        await transaction.CommitAsync(cancellationToken);
        return applied;
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
            throw PostgresFailure.Fault(settings, $"""
                has the default isolation level {isolation}, where a commit could not see what was committed while it waited its turn; set "read committed" for this user
                """);
        }

        var version = await VersionAsync(connection, cancellationToken);
        if (version > Newest)
        {
            throw PostgresFailure.Fault(settings, $"""
                was made by a newer version of this program (schema {version}, this one knows {Newest}); start that version
                """);
        }

        if (version < Newest && !settings.IsMigratedAtStart)
        {
            throw PostgresFailure.Fault(settings, $"""
                is behind this program (schema {version}, this one needs {Newest}), and "migrate=false" forbids changing it at the start; run ./run migrate first
                """);
        }
    }

    private static async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await ScalarAsync<bool>(connection, "select to_regclass('monolith.migrations') is not null", cancellationToken)
            ? await ScalarAsync<int>(connection, "select coalesce(max(number), 0) from monolith.migrations", cancellationToken)
            : 0;

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

    private static async Task<string> TextOfAsync(string name, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.sql")!); // Listed above.
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
