using System.Data;
using Marten;
using Marten.Storage;
using Npgsql;
using Weasel.Core;
using Weasel.Postgresql;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>
/// Makes and changes what a report has in the database of a shard: the views over the log, which all reports share, the views of its own,
/// and the tables of Marten's that it needs.
/// </summary>
internal sealed class ReportSchema
{
    // "Mono" as a number, and which lock of ours: 1 is the order of commits, 2 the schema of the store.
    private const string Lock = "select pg_advisory_xact_lock(1297043279, 3)";

    // Views of ours stand in for the first three; the others would append events.
    private static readonly string[] _notMade =
        ["mt_events", "mt_streams", "mt_events_sequence", "mt_archive_stream", "mt_quick_append_events"];

    private static readonly PostgresqlMigrator _migrator = new();

    private readonly NpgsqlDataSource _pool;
    private readonly DocumentStore _documents;
    private readonly Func<string, ConfigurationException> _fault;
    private readonly NumberedSchema _log;
    private readonly NumberedSchema _views;

    public ReportSchema(ReportSettings settings, IReport report, IDatabaseStore database, NpgsqlDataSource pool, DocumentStore documents)
    {
        (_pool, _documents) = (pool, documents);
        var schema = settings.SchemaOf(report);
        _fault = what => FaultOf(schema, what);
        _log = new NumberedSchema(settings.Schema, "reports/log/", settings.Schema, what => FaultOf(settings.Schema, what));
        _views = new NumberedSchema(schema, "reports/report/", $"{schema}, {settings.Schema}", _fault);

        ConfigurationException FaultOf(string name, string what) =>
            new([$"{settings.Setting}: the schema {name} of the database {database.DatabaseName} {what}"]);
    }

    /// <summary>Applies what is missing. Of several nodes that start at once one does it, and the others wait.</summary>
    /// <returns>The names of what was applied.</returns>
    /// <exception cref="ConfigurationException">A schema belongs to something else, or was made by another build.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _pool.OpenConnectionAsync(cancellationToken);

        // Read committed, and the lock first: the next holder sees what the one before has made. All of it or nothing.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using (var locking = new NpgsqlCommand(Lock, connection))
        {
            await locking.ExecuteNonQueryAsync(cancellationToken);
        }

        var log = await _log.MigrateAsync(connection, cancellationToken);
        var views = await _views.MigrateAsync(connection, cancellationToken);
        var own = await OwnAsync(connection, cancellationToken);
        if (own.Difference != SchemaPatchDifference.None)
        {
            await _migrator.ApplyAllAsync(connection, own, JasperFx.AutoCreate.CreateOrUpdate, new QuietMigration(), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return [.. log, .. views, .. Changed(own)];
    }

    /// <summary>Checks that this program and the schemas fit together, where a start may not change them.</summary>
    /// <exception cref="ConfigurationException">They do not.</exception>
    public async Task RequireFitAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _pool.OpenConnectionAsync(cancellationToken);
        if (!await _log.IsWholeAsync(connection, cancellationToken) || !await _views.IsWholeAsync(connection, cancellationToken)
            || Changed(await OwnAsync(connection, cancellationToken)).Any())
        {
            throw _fault("is behind this program, and \"migrate=false\" forbids changing it at the start; run ./run migrate first");
        }
    }

    /// <summary>What of Marten's own is made: all that its features name, but for the log and what would append to it.</summary>
    internal static IEnumerable<ISchemaObject> OwnObjects(DocumentStore documents) =>
        ObjectsOf(documents).Where(o => !_notMade.Contains(o.Identifier.Name));

    /// <summary>All that Marten's features name.</summary>
    internal static IEnumerable<ISchemaObject> ObjectsOf(DocumentStore documents) =>
        ((MartenDatabase)documents.Tenancy.Default.Database).BuildFeatureSchemas().SelectMany(f => f.Objects);

    private Task<SchemaMigration> OwnAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        SchemaMigration.DetermineAsync(connection, _migrator, cancellationToken, [.. OwnObjects(_documents)]);

    private static IEnumerable<string> Changed(SchemaMigration migration) => migration.Deltas
        .Where(d => d.Difference != SchemaPatchDifference.None).Select(d => d.SchemaObject.Identifier.QualifiedName);
}
