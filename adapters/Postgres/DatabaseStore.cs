using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>
/// What every shard in a PostgreSQL database has in common: documents, messages and leases, opening it and being woken. Its events are in
/// the tables of the store that derives from this.
/// </summary>
internal abstract partial class DatabaseStore : ITransferStore, IWatchedStore, ISchemaStore, IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly NpgsqlDataSource _pool;
    private readonly PostgresListener? _listener;
    private bool _isDisposed;

    /// <param name="settings">Which database.</param>
    /// <param name="clock">For leases; nodes that share a store must agree on the time to within a small part of a lease.</param>
    /// <param name="log">Where the loss of hints is told.</param>
    protected DatabaseStore(PostgresSettings settings, TimeProvider clock, ILogger log)
    {
        (Settings, _clock, _pool) = (settings, clock, settings.OpenPool());
        Server = new PostgresServer(settings, _pool);

        // A pooler gives a connection for the time of a transaction; a listener needs its own permanently.
        _listener = settings.IsPooledOutside ? null : new PostgresListener(settings, Sender, position => Changed?.Invoke(position), log);
    }

    /// <inheritdoc />
    public Action<long>? Changed { get; set; }

    /// <summary>Whether hints from other nodes arrive at the moment.</summary>
    public bool IsListening => _listener?.IsListening == true;

    /// <summary>Which database.</summary>
    protected PostgresSettings Settings { get; }

    /// <summary>The way to it.</summary>
    protected PostgresServer Server { get; }

    /// <summary>Told to other nodes with each hint, so that this one knows its own.</summary>
    protected string Sender { get; } = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The series of scripts that make the schema, in their order.</summary>
    protected abstract IReadOnlyList<PostgresSchema> Schemas { get; }

    /// <inheritdoc />
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await AtOpeningAsync(async () =>
        {
            await RequireFitAsync(_pool, cancellationToken);
            if (Settings.IsMigratedAtStart)
            {
                await ApplyAsync(cancellationToken);
            }

            await OpenedAsync(_pool, cancellationToken);
            return true;
        });
        _listener?.Start();
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) =>
        await AtOpeningAsync(() => ApplyAsync(cancellationToken));

    /// <inheritdoc />
    public abstract ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask<long> HeadAsync(CancellationToken cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken) =>
        Server.ReadAsync(
            (afterName, limit), static (pool, a, cancelled) => PostgresReader.StreamHeadsAsync(pool, a.afterName, a.limit, cancelled),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken) => Server.ReadAsync(
        (kind, id), static (pool, a, cancelled) => PostgresReader.DocumentAsync(pool, a.kind, a.id, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken) =>
        Server.ReadAsync(query, static (pool, q, cancelled) => PostgresReader.DocumentsAsync(pool, q, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken) =>
        Server.WriteAsync(
        (request, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.TakeAsync(pool, a.request, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken) =>
        Server.WriteAsync(
        (request, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.ReserveAsync(pool, a.request, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken) =>
        Server.WriteAsync(
        (request, Until: _clock.GetUtcNow() + request.Lease),
        static (pool, a, cancelled) => PostgresWriter.ClaimAsync(pool, a.request, a.Until, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) => Server.WriteAsync(
        (message, Until: _clock.GetUtcNow() + lease),
        static (pool, a, cancelled) => PostgresWriter.ExtendAsync(pool, a.message, a.Until, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken) => Server.WriteAsync(
        (owner, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.ReleaseAsync(pool, a.owner, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken) =>
        Server.ReadAsync(kinds, static (pool, k, cancelled) => PostgresReader.NextDueAsync(pool, k, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken) => Server.ReadAsync(
        (kind, Now: _clock.GetUtcNow(), limit),
        static (pool, a, cancelled) => PostgresReader.CountDueAsync(pool, a.kind, a.Now, a.limit, cancelled), cancellationToken);

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }

        await _pool.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Checks that this program and the database fit together.</summary>
    /// <exception cref="ConfigurationException">They do not.</exception>
    protected virtual async Task RequireFitAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        foreach (var schema in Schemas)
        {
            await schema.RequireFitAsync(pool, cancellationToken);
        }
    }

    /// <summary>Called once the schema is there.</summary>
    protected virtual ValueTask OpenedAsync(NpgsqlDataSource pool, CancellationToken cancellationToken) => default;

    private async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        var applied = new List<string>();
        foreach (var schema in Schemas)
        {
            applied.AddRange(await schema.MigrateAsync(_pool, cancellationToken));
        }

        return applied;
    }

    // A server that refuses us will go on doing so; one that is unavailable will come back.
    private async ValueTask<T> AtOpeningAsync<T>(Func<Task<T>> open)
    {
        try
        {
            return await open();
        }
        catch (Exception e) when (PostgresFailure.ToFault(e, Settings) is { } fault)
        {
            throw fault;
        }
        catch (Exception e) when (PostgresFailure.IsOutage(e))
        {
            throw PostgresFailure.ToUnavailable(e, Settings);
        }
    }
}
