using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>A shard in one PostgreSQL database, shared by any number of nodes.</summary>
internal sealed partial class PostgresStore : ITransferStore, IWatchedStore, ISchemaStore, IDatabaseStore, IAsyncDisposable
{
    private readonly PostgresSettings _settings;
    private readonly TimeProvider _clock;
    private readonly NpgsqlDataSource _pool;
    private readonly PostgresServer _server;
    private readonly PostgresSchema _schema;
    private readonly EventTypes _types;
    private readonly PostgresReader _reader;
    private readonly PostgresListener? _listener;
    private readonly string _sender = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
    private bool _isDisposed;

    /// <param name="settings">Which database.</param>
    /// <param name="clock">For leases; nodes that share a store must agree on the time to within a small part of a lease.</param>
    /// <param name="log">Where the loss of hints is told.</param>
    public PostgresStore(PostgresSettings settings, TimeProvider clock, ILogger<PostgresStore> log)
    {
        (_settings, _clock, _pool, _schema) = (settings, clock, settings.OpenPool(), new PostgresSchema(settings));
        (_server, _types) = (new PostgresServer(settings, _pool), new EventTypes(_pool));
        _reader = new PostgresReader(_types);

        // A pooler gives a connection for the time of a transaction; a listener needs its own permanently.
        _listener = settings.IsPooledOutside ? null : new PostgresListener(settings, _sender, position => Changed?.Invoke(position), log);
    }

    /// <inheritdoc />
    public Action<long>? Changed { get; set; }

    /// <summary>Whether hints from other nodes arrive at the moment.</summary>
    public bool IsListening => _listener?.IsListening == true;

    /// <inheritdoc />
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await AtOpeningAsync(async () =>
        {
            await _schema.RequireFitAsync(_pool, cancellationToken);
            if (_settings.IsMigratedAtStart)
            {
                await _schema.MigrateAsync(_pool, cancellationToken);
            }

            await _types.LoadAsync(cancellationToken);
            return true;
        });
        _listener?.Start();
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) =>
        await AtOpeningAsync(() => _schema.MigrateAsync(_pool, cancellationToken));

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await _server.WriteAsync((batch, Store: this), static async (pool, a, cancelled) =>
            {
                await a.Store._types.EnsureAsync(a.batch, cancelled);
                return await PostgresWriter.CommitAsync(pool, Waves.Cut(a.batch, a.Store._types.NumberOf), a.Store._sender, cancelled);
            }, cancellationToken);
        }
        catch (PostgresException e) when (PostgresFailure.IsRepeatedEvent(e))
        {
            return batch.Count > 1
                ? await CommitOneByOneAsync(batch)
                : [new Conflict(ConflictKind.Event, batch[0].Appends[0].Stream.Name, 0)];
        }
    }

    // Nothing of the batch is stored, and nothing is wrong with the others: only the one that repeats an id is told so.
    private async ValueTask<IReadOnlyList<CommitOutcome>> CommitOneByOneAsync(IReadOnlyList<Commit> batch)
    {
        var outcomes = new List<CommitOutcome>(batch.Count);
        foreach (var commit in batch)
        {
            outcomes.AddRange(await CommitAsync([commit], CancellationToken.None));
        }

        return outcomes;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        _server.ReadAsync(
            (_reader, stream.Name, afterVersion, limit),
            static (pool, a, cancelled) => a._reader.StreamAsync(pool, a.Name, a.afterVersion, a.limit, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken) =>
        _server.ReadAsync(
            (afterName, limit), static (pool, a, cancelled) => PostgresReader.StreamHeadsAsync(pool, a.afterName, a.limit, cancelled),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) => _server.ReadAsync(
        (_reader, afterPosition, limit, types),
        static (pool, a, cancelled) => a._reader.LogAsync(pool, a.afterPosition, a.limit, a.types, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) =>
        _server.ReadAsync(0, static (pool, _, cancelled) => PostgresReader.HeadAsync(pool, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken) => _server.ReadAsync(
        (kind, id), static (pool, a, cancelled) => PostgresReader.DocumentAsync(pool, a.kind, a.id, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken) =>
        _server.ReadAsync(query, static (pool, q, cancelled) => PostgresReader.DocumentsAsync(pool, q, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken) =>
        _server.WriteAsync(
        (request, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.TakeAsync(pool, a.request, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken) =>
        _server.WriteAsync(
        (request, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.ReserveAsync(pool, a.request, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken) =>
        _server.WriteAsync(
        (request, Until: _clock.GetUtcNow() + request.Lease),
        static (pool, a, cancelled) => PostgresWriter.ClaimAsync(pool, a.request, a.Until, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) => _server.WriteAsync(
        (message, Until: _clock.GetUtcNow() + lease),
        static (pool, a, cancelled) => PostgresWriter.ExtendAsync(pool, a.message, a.Until, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken) => _server.WriteAsync(
        (owner, Now: _clock.GetUtcNow()), static (pool, a, cancelled) => PostgresWriter.ReleaseAsync(pool, a.owner, a.Now, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken) =>
        _server.ReadAsync(kinds, static (pool, k, cancelled) => PostgresReader.NextDueAsync(pool, k, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken) => _server.ReadAsync(
        (kind, Now: _clock.GetUtcNow(), limit),
        static (pool, a, cancelled) => PostgresReader.CountDueAsync(pool, a.kind, a.Now, a.limit, cancelled), cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
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
    }

    // A server that refuses us will go on doing so; one that is unavailable will come back.
    private async ValueTask<T> AtOpeningAsync<T>(Func<Task<T>> open)
    {
        try
        {
            return await open();
        }
        catch (Exception e) when (PostgresFailure.ToFault(e, _settings) is { } fault)
        {
            throw fault;
        }
        catch (Exception e) when (PostgresFailure.IsOutage(e))
        {
            throw PostgresFailure.ToUnavailable(e, _settings);
        }
    }
}
