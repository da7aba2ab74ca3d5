using System.Threading.Channels;
using Npgsql;
using NpgsqlTypes;

namespace Monolith.Benchmarks.Adapters;

/// <summary>The leanest durable record: a table with one index, inserted and deleted in groups.</summary>
internal sealed class RawRows : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly Channel<(Guid Id, TaskCompletionSource Done)> _inserts = Channel.CreateUnbounded<(Guid, TaskCompletionSource)>();
    private readonly Task _inserter;

    private RawRows(NpgsqlDataSource source) => (_source, _inserter) = (source, Task.Run(InsertAllAsync));

    public static async Task<RawRows> OpenAsync(string database)
    {
        var source = new NpgsqlDataSourceBuilder(
            $"{database};Pooling=true;Max Auto Prepare=32;Auto Prepare Min Usages=2;No Reset On Close=true").Build();
        await using (
            var command = source.CreateCommand("create table work (id uuid primary key, due bigint not null, body bytea not null)"))
        {
            await command.ExecuteNonQueryAsync();
        }

        return new RawRows(source);
    }

    public async Task InsertAsync(Guid id)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inserts.Writer.WriteAsync((id, done));
        await done.Task;
    }

    public async Task DeleteAsync(List<Guid> ids)
    {
        await using var command = _source.CreateCommand("delete from work where id = any($1)");
        command.Parameters.Add(Ids(ids));
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _inserts.Writer.Complete();
        await _inserter;
        await _source.DisposeAsync();
    }

    private Task InsertAllAsync() => RawRabbit.BatchAsync(_inserts.Reader, async batch =>
    {
        await using var command = _source.CreateCommand("insert into work select id, $2, $3 from unnest($1) id");
        command.Parameters.Add(Ids(batch.ConvertAll(b => b.Id)));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = RawRabbit.Body });
        await command.ExecuteNonQueryAsync();
        batch.ForEach(b => b.Done.SetResult());
    });

    private static NpgsqlParameter<Guid[]> Ids(List<Guid> ids) =>
        new() { TypedValue = [.. ids], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };
}
