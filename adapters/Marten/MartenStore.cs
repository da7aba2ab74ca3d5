using System.Globalization;
using Marten;
using Microsoft.Extensions.Logging;
using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Adapters.Marten;

/// <summary>A shard in one PostgreSQL database, with its events in Marten's tables, shared by any number of nodes.</summary>
/// <remarks>
/// A batch takes three trips: the lock and what the batch relies on; the events, by Marten; heads, documents, messages and the end of the
/// transaction.
/// </remarks>
internal sealed class MartenStore : DatabaseStore
{
    private readonly DocumentStore _marten;

    /// <inheritdoc cref="DatabaseStore" />
    public MartenStore(PostgresSettings settings, TimeProvider clock, ILogger<MartenStore> log)
        : base(settings, clock, log)
    {
        _marten = MartenSchema.Open(Server.Pool);
        Schemas = [PostgresSchema.Own(settings), MartenSchema.Of(settings, _marten)];
    }

    /// <inheritdoc />
    protected override IReadOnlyList<PostgresSchema> Schemas { get; }

    /// <inheritdoc />
    public override ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Server.WriteAsync(
            (batch, Store: this), static (pool, a, cancelled) => a.Store.StoreAsync(pool, a.batch, cancelled), cancellationToken);
    }

    /// <inheritdoc />
    public override ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) => Server.ReadAsync(
        (stream.Name, afterVersion, limit),
        static (pool, a, cancelled) => MartenReader.StreamAsync(pool, a.Name, a.afterVersion, a.limit, cancelled), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) => Server.ReadAsync(
        (afterPosition, limit, types),
        static (pool, a, cancelled) => MartenReader.LogAsync(pool, a.afterPosition, a.limit, a.types, cancelled), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<long> HeadAsync(CancellationToken cancellationToken) =>
        Server.ReadAsync(0, static (pool, _, cancelled) => MartenReader.HeadAsync(pool, cancelled), cancellationToken);

    /// <inheritdoc />
    public override async ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        await Server.WriteAsync(events, static (pool, e, cancelled) => MartenImport.RunAsync(pool, e, cancelled), cancellationToken);

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _marten.DisposeAsync();
    }

    /// <inheritdoc />
    protected override async Task RequireFitAsync(NpgsqlDataSource pool, CancellationToken cancellationToken)
    {
        await base.RequireFitAsync(pool, cancellationToken);
        await MartenSchema.RequireEmptyOrOursAsync(pool, Settings, cancellationToken);
    }

    /// <inheritdoc />
    protected override async ValueTask OpenedAsync(NpgsqlDataSource pool, CancellationToken cancellationToken) =>
        await MartenSchema.RequireKnownAsync(pool, Settings, cancellationToken);

    private async ValueTask<IReadOnlyList<CommitOutcome>> StoreAsync(
        NpgsqlDataSource pool, IReadOnlyList<Commit> batch, CancellationToken cancellationToken)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellationToken);
        // Read committed: what a look-up under the lock sees includes all that the holder of the lock before committed.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        var facts = await BatchReader.Of(batch).ReadAsync(connection, cancellationToken);
        var state = new BatchState(facts);
        var decisions = batch.Select((commit, i) => state.Next(i, commit)).ToList();
        var winners = batch.Index().Where(c => decisions[c.Index] is Decision.Stored).ToList();

        var positions = new Dictionary<int, long>();
        foreach (var wave in Wave.Cut(winners))
        {
            await wave.AppendAsync(_marten, transaction, positions.Add, cancellationToken);
        }

        var outcomes = Outcomes(decisions, positions, facts.Head);
        await FinishAsync(connection, winners.ConvertAll(w => w.Item), facts, state, positions, cancellationToken);
        return outcomes;
    }

    private async ValueTask FinishAsync(
        NpgsqlConnection connection, List<Commit> winners, BatchFacts facts, BatchState state, Dictionary<int, long> positions,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        var written = winners.Where(c => c.Documents.Count > 0 || c.Messages.Count > 0).Select(c => c with { Appends = [], Checks = [] });
        foreach (var wave in Waves.Cut([.. written], static _ => 0).Where(w => w.Count > 0))
        {
            batch.BatchCommands.Add(wave.ToCommand(Sender, "where marten.monolith_stored(codes)"));
        }

        if (positions.Count > 0)
        {
            // A new stream is numbered by where its first event should be: above the head, and so above all numbers so far.
            var events = winners.SelectMany(c => c.Appends).SelectMany(a => a.Events, (a, _) => a.Stream).Index();
            batch.BatchCommands.Add(StreamHeads.ToCommand(
                [.. events.DistinctBy(e => e.Item).Select(e => (e.Item, facts.Head + e.Index + 1, state.StreamOf(e.Item.Name)))]));
            batch.BatchCommands.Add(Hint(positions.Values.Max()));
        }

        // In the same trip. The driver learns from the server that the transaction has ended.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlBatchCommand Hint(long position)
    {
        var command = new NpgsqlBatchCommand("select pg_notify('monolith', $1)");
        command.Parameters.Add(Arguments.Text($"{Sender} {position.ToString(CultureInfo.InvariantCulture)}"));
        return command;
    }

    // In order: a commit without events, or a retry of what was imported, is told how far the log is after those before it.
    private static List<CommitOutcome> Outcomes(List<Decision> decisions, Dictionary<int, long> positions, long head)
    {
        var outcomes = new List<CommitOutcome>(decisions.Count);
        foreach (var (i, decision) in decisions.Index())
        {
            head = positions.GetValueOrDefault(i, head);
            outcomes.Add(decision switch
            {
                Decision.Refused refused => refused.Conflict,
                Decision.StoredAt { Position: > 0 } there => new Committed(there.Position),
                Decision.StoredBy earlier => outcomes[earlier.Index],
                _ => new Committed(head),
            });
        }

        return outcomes;
    }
}
