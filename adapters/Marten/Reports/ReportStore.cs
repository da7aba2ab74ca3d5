using Marten;
using Npgsql;

namespace Monolith.Adapters.Marten.Reports;

/// <summary>One report in one shard: a store of Marten's, in a schema beside ours.</summary>
internal sealed class ReportStore : IAsyncDisposable
{
    private readonly IDatabaseStore _database;
    private readonly NpgsqlDataSource _pool;
    private readonly ReportSchema _schema;
    private readonly string _name;

    /// <param name="settings">Where its schema is.</param>
    /// <param name="report">Which report.</param>
    /// <param name="database">The store that it stands beside.</param>
    /// <param name="pool">Connections to it.</param>
    /// <param name="wakeup">Tells when something was stored; null where no projection runs.</param>
    public ReportStore(ReportSettings settings, IReport report, IDatabaseStore database, NpgsqlDataSource pool, ReportWakeup? wakeup)
    {
        (Report, _database, _pool, _name) = (report, database, pool, settings.SchemaOf(report));
        Documents = ReportOptions.Open(_name, report, pool, wakeup);
        _schema = new ReportSchema(settings, report, database, pool, Documents);
        Projections = [.. Documents.Advanced.AllAsyncProjectionShardNames().Select(n => new ReportProjection(n.Name, n.Identity))];
    }

    /// <summary>Which report.</summary>
    public IReport Report { get; }

    /// <summary>Marten's store.</summary>
    public DocumentStore Documents { get; }

    /// <summary>What runs in the background.</summary>
    public IReadOnlyList<ReportProjection> Projections { get; }

    /// <summary>Brings the schema up to date, or only looks where the store says so.</summary>
    /// <param name="readHead">Reads how far the log is.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task OpenAsync(Func<CancellationToken, ValueTask<long>> readHead, CancellationToken cancellationToken)
    {
        if (_database.IsMigratedAtStart)
        {
            await MigrateAsync(cancellationToken);
        }
        else
        {
            await AskAsync(async () =>
            {
                await _schema.RequireFitAsync(cancellationToken);
                return default(Done);
            });
        }

        // A store that was put back to an earlier time has a shorter log. The head is read last: it only grows while anything runs.
        var furthest = (await ProgressAsync(cancellationToken)).Select(p => p.Position).DefaultIfEmpty().Max();
        if (furthest > await readHead(cancellationToken))
        {
            await StartOverAsync(cancellationToken);
        }
    }

    /// <summary>Brings the schema up to date.</summary>
    public Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) =>
        AskAsync(() => _schema.MigrateAsync(cancellationToken));

    /// <summary>Reads through Marten.</summary>
    public Task<T> ReadAsync<T>(Func<IQuerySession, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        AskAsync(async () =>
        {
            await using var session = Documents.QuerySession();
            return await read(session, cancellationToken);
        });

    /// <summary>Reads how far each projection came, and which are to be rebuilt.</summary>
    public Task<IReadOnlyList<ReportProgress>> ProgressAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        await using var command = _pool.CreateCommand($"""
            select n.name, coalesce(p.last_seq_id, 0), r.projection is not null
            from unnest($1, $2) n (name, id)
            left join {_name}.mt_event_progression p on p.name = n.id
            left join {_name}.rebuilds r on r.projection = n.name
            """);
        command.Parameters.Add(new() { Value = Projections.Select(p => p.Name).ToArray() });
        command.Parameters.Add(new() { Value = Projections.Select(p => p.Id).ToArray() });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var progress = new List<ReportProgress>();
        while (await rows.ReadAsync(cancellationToken))
        {
            progress.Add(new ReportProgress(rows.GetString(0), rows.GetInt64(1), rows.GetBoolean(2)));
        }

        return (IReadOnlyList<ReportProgress>)progress;
    });

    /// <summary>Asks for each projection to be rebuilt.</summary>
    public Task AskForRebuildAsync(CancellationToken cancellationToken) => ExecuteAsync(
        $"insert into {_name}.rebuilds (projection) select unnest($1) on conflict do nothing", Projections.Select(p => p.Name),
        cancellationToken);

    /// <summary>Takes note that a projection was rebuilt.</summary>
    public Task NoteRebuiltAsync(string projection, CancellationToken cancellationToken) =>
        ExecuteAsync($"delete from {_name}.rebuilds where projection = any ($1)", [projection], cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Documents.DisposeAsync();

    private Task<int> StartOverAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        await Documents.Advanced.Clean.DeleteAllDocumentsAsync(cancellationToken);
        return await ExecuteAsync(
            $"delete from {_name}.mt_event_progression where $1 is not null", [], cancellationToken);
    });

    private Task<int> ExecuteAsync(string sql, IEnumerable<string> projections, CancellationToken cancellationToken) =>
        AskAsync(async () =>
        {
            await using var command = _pool.CreateCommand(sql);
            command.Parameters.Add(new() { Value = projections.ToArray() });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        });

    // Marten wraps what the driver throws.
    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (Explain(e) is { } explained)
        {
            throw explained;
        }
    }

    private Exception? Explain(Exception exception)
    {
        for (var e = exception; e is not (null or ConfigurationException or StoreUnavailableException); e = e.InnerException)
        {
            if (_database.Explain(e) is { } explained)
            {
                return explained;
            }
        }

        return null;
    }
}

/// <summary>A projection that runs in the background.</summary>
/// <param name="Name">As the report calls it.</param>
/// <param name="Id">As Marten keeps its progress.</param>
internal sealed record ReportProjection(string Name, string Id);

/// <summary>How far a projection came.</summary>
/// <param name="Projection">Its name.</param>
/// <param name="Position">Everything up to here is in it.</param>
/// <param name="IsRebuilding">Whether it is to be rebuilt.</param>
internal sealed record ReportProgress(string Projection, long Position, bool IsRebuilding);
