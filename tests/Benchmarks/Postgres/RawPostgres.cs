using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks.Postgres;

/// <summary>Group commit as one would write it by hand for one table of streams and one of events: one statement, one trip, positions from a counter.</summary>
/// <remarks>No hash chain, no event types, no index by type or id, no documents, claims or messages, no outcome but won or lost.</remarks>
internal sealed class RawPostgres : IAsyncDisposable
{
    private const int MaxBatch = 512;

    private const string Schema = """
        create table if not exists streams (name text primary key, version bigint not null) with (fillfactor = 80);
        create table if not exists events (
            position bigint primary key, stream text not null, version bigint not null, id uuid not null, data bytea not null, at bigint not null,
            unique (stream, version));
        create table if not exists counter (head bigint not null);
        insert into counter select 0 where not exists (select from counter);
        """;

    private const string Grouped = """
        with input as (
            select * from unnest($1, $2, $3, $4, $5) with ordinality i (name, expected, id, data, at, n)),
        won as (
            insert into streams as s (name, version) select name, expected + 1 from input
            on conflict (name) do update set version = excluded.version where s.version = excluded.version - 1 returning s.name),
        head as (update counter set head = head + (select count(*) from won) returning head),
        written as (
            insert into events (position, stream, version, id, data, at)
            select head.head - (select count(*) from won) + row_number() over (order by i.n), i.name, i.expected + 1, i.id, i.data, i.at
            from input i join won using (name) cross join head
            returning stream)
        select stream from written
        """;

    private readonly NpgsqlDataSource _source;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(4 * MaxBatch);
    private readonly List<Task> _writers;

    private RawPostgres(NpgsqlDataSource source, int writers) =>
        (_source, _writers) = (source, [.. Enumerable.Range(0, writers).Select(_ => Task.Run(WriteAsync))]);

    /// <summary>The connections.</summary>
    public NpgsqlDataSource Source => _source;

    public static async Task<RawPostgres> OpenAsync(string connectionString, int writers)
    {
        var source = new NpgsqlDataSourceBuilder($"{connectionString};Pooling=true;Max Auto Prepare=32;Auto Prepare Min Usages=2;No Reset On Close=true").Build();
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
        return new RawPostgres(source, writers);
    }

    public async Task CommitAsync(string stream, long expected, Guid id, byte[] data)
    {
        var waiting = new Waiting(stream, expected, id, data, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _queue.Writer.WriteAsync(waiting);
        await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        await Task.WhenAll(_writers);
        await _source.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            if (batch.Count > 0)
            {
                await WriteAsync(batch);
                batch.Clear();
            }
        }
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        await using var command = _source.CreateCommand(Grouped);
        Add(batch.ConvertAll(w => w.Stream), NpgsqlDbType.Text);
        Add(batch.ConvertAll(w => w.Expected), NpgsqlDbType.Bigint);
        Add(batch.ConvertAll(w => w.Id), NpgsqlDbType.Uuid);
        Add(batch.ConvertAll(w => w.Data), NpgsqlDbType.Bytea);
        Add(batch.ConvertAll(_ => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()), NpgsqlDbType.Bigint);
        var won = new HashSet<string>(StringComparer.Ordinal);
        await using (var rows = await command.ExecuteReaderAsync())
        {
            while (await rows.ReadAsync())
            {
                won.Add(rows.GetString(0));
            }
        }

        batch.ForEach(w => (won.Contains(w.Stream) ? (Action)w.Done.SetResult : () => w.Done.SetException(new InvalidOperationException("lost")))());

        void Add<T>(List<T> values, NpgsqlDbType type) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private sealed record Waiting(string Stream, long Expected, Guid Id, byte[] Data, TaskCompletionSource Done);
}
