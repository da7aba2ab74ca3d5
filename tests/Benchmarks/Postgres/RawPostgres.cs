using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks.Postgres;

/// <summary>
/// Group commit as one would write it by hand for one table of streams and one of events: one statement, one trip, positions from a
/// counter.
/// </summary>
/// <remarks>No hash chain, no event types, no index by type or id, no documents, claims or messages, no outcome but won or lost.</remarks>
internal sealed class RawPostgres : IAsyncDisposable
{
    private const int MaxBatch = 512;

    private const string Schema = """
        create table if not exists streams (name text primary key, version bigint not null) with (fillfactor = 80);
        create table if not exists events (
            position bigint primary key, stream text not null, version bigint not null, id uuid not null,
            data bytea not null, at bigint not null,
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

    // The same by hand with our tables, indexes and hash chain; for one writer only, because it does not look again after it waited.
    private const string GroupedOurs = """
        with input as (
            select convert_to(name, 'utf8') as name, expected, id, data, at, n
            from unnest($1, $2, $3, $4, $5) with ordinality i (name, expected, id, data, at, n)),
        won as (
            select i.*, s.id as stream, coalesce(s.head, decode(repeat('00', 32), 'hex')) as head,
                (select coalesce(max(position), 0) from monolith.events) + row_number() over (order by i.n) as position
            from input i left join monolith.streams s on s.name = i.name where coalesce(s.version, 0) = i.expected),
        streams as (
            insert into monolith.streams (id, name, bucket, version, head)
            select coalesce(stream, position), name, 1, expected + 1,
            sha256(head || uuid_send(id) || '\x0000000e62656e63682e6e6f7465642e7631'::bytea || int4send(length(data)) || data)
            from won on conflict (name) do update set version = excluded.version, head = excluded.head),
        written as (
            insert into monolith.events (position, stream, version, id, type, at, data, meta)
            select position, coalesce(stream, position), expected + 1, id, 1, at, data, '' from won)
        select convert_from(name, 'utf8') from won
        """;

    private readonly NpgsqlDataSource _source;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(4 * MaxBatch);
    private readonly List<Task> _writers;

    private readonly string _statement;

    private RawPostgres(NpgsqlDataSource source, int writers, string statement) =>
        (_source, _statement, _writers) = (source, statement, [.. Enumerable.Range(0, writers).Select(_ => Task.Run(WriteAsync))]);

    /// <param name="connectionString">Which database.</param>
    /// <param name="writers">How many write at once.</param>
    /// <param name="hasOurSchema">Whether it writes into our tables, which must be there.</param>
    public static async Task<RawPostgres> OpenAsync(string connectionString, int writers, bool hasOurSchema)
    {
        var source = new NpgsqlDataSourceBuilder(
            $"{connectionString};Pooling=true;Max Auto Prepare=32;Auto Prepare Min Usages=2;No Reset On Close=true").Build();
        if (!hasOurSchema)
        {
            await using var command = source.CreateCommand(Schema);
            await command.ExecuteNonQueryAsync();
        }

        return new RawPostgres(source, writers, hasOurSchema ? GroupedOurs : Grouped);
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
        await using var command = _source.CreateCommand(_statement);
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

        batch.ForEach(
            w => (won.Contains(w.Stream) ? (Action)w.Done.SetResult : () => w.Done.SetException(new InvalidOperationException("lost")))());

        void Add<T>(List<T> values, NpgsqlDbType type) =>
            command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private sealed record Waiting(string Stream, long Expected, Guid Id, byte[] Data, TaskCompletionSource Done);
}
