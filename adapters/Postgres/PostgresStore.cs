using Microsoft.Extensions.Logging;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>A shard in one PostgreSQL database, shared by any number of nodes.</summary>
internal sealed partial class PostgresStore : DatabaseStore, IDatabaseStore
{
    private readonly EventTypes _types;
    private readonly PostgresReader _reader;

    /// <inheritdoc cref="DatabaseStore" />
    public PostgresStore(PostgresSettings settings, TimeProvider clock, ILogger<PostgresStore> log)
        : base(settings, clock, log)
    {
        _types = new EventTypes(Server.Pool);
        _reader = new PostgresReader(_types);
        Schemas = [PostgresSchema.Own(settings)];
    }

    /// <inheritdoc />
    protected override IReadOnlyList<PostgresSchema> Schemas { get; }

    /// <inheritdoc />
    public override async ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(
        IReadOnlyList<Commit> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await Server.WriteAsync((batch, Store: this), static async (pool, a, cancelled) =>
            {
                await a.Store._types.EnsureAsync(a.batch, cancelled);
                return await PostgresWriter.CommitAsync(pool, Waves.Cut(a.batch, a.Store._types.NumberOf), a.Store.Sender, cancelled);
            }, cancellationToken);
        }
        catch (PostgresException e) when (PostgresFailure.IsRepeatedEvent(e))
        {
            return batch.Count > 1
                ? await CommitOneByOneAsync(batch)
                : [new Conflict(ConflictKind.Event, batch[0].Appends[0].Stream.Name, 0)];
        }
    }

    /// <inheritdoc />
    public override ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        Server.ReadAsync(
            (_reader, stream.Name, afterVersion, limit),
            static (pool, a, cancelled) => a._reader.StreamAsync(pool, a.Name, a.afterVersion, a.limit, cancelled), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) => Server.ReadAsync(
        (_reader, afterPosition, limit, types),
        static (pool, a, cancelled) => a._reader.LogAsync(pool, a.afterPosition, a.limit, a.types, cancelled), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<long> HeadAsync(CancellationToken cancellationToken) =>
        Server.ReadAsync(0, static (pool, _, cancelled) => PostgresReader.HeadAsync(pool, cancelled), cancellationToken);

    /// <inheritdoc />
    public override async ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        await Server.WriteAsync((events, Types: _types), static async (pool, a, cancelled) =>
        {
            await a.Types.EnsureAsync(a.events, cancelled);
            return await PostgresImport.RunAsync(pool, a.events, a.Types.NumberOf, cancelled);
        }, cancellationToken);

    /// <inheritdoc />
    protected override async Task RequireFitAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await base.RequireFitAsync(pool, cancellationToken);
        if (await PostgresSchema.HasTableAsync(pool, PostgresSchema.TableOfMarten, cancellationToken))
        {
            // Its documents would be found here, and none of its events.
            throw PostgresFailure.Fault(Settings, "keeps its events in Marten's tables; write its URL with \"marten://\"");
        }
    }

    /// <inheritdoc />
    protected override ValueTask OpenedAsync(NpgsqlDataSource pool, CancellationToken cancellationToken) =>
        _types.LoadAsync(cancellationToken);

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
}
