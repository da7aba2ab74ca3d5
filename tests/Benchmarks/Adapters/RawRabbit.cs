using System.Diagnostics;
using System.Threading.Channels;
using System.Threading.RateLimiting;
using Npgsql;
using NpgsqlTypes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Monolith.Benchmarks.Adapters;

/// <summary>
/// A durable row and a message for each piece of work, as one would write it by hand: rows inserted in groups and published with confirmations by
/// who inserted them, deleted in groups by who receives them. No relay, so a row whose sender died is never sent; no lease, no token, no copies told apart.
/// </summary>
internal sealed class RawRabbit : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const string Queue = "raw";

    private readonly NpgsqlDataSource _source;
    private readonly IConnection _publishing;
    private readonly IConnection _receiving;
    private readonly IChannel _out;
    private readonly IChannel _in;
    private readonly Channel<(Guid Id, TaskCompletionSource Done)> _inserts = Channel.CreateUnbounded<(Guid, TaskCompletionSource)>();
    private readonly Channel<(Guid Id, ulong Tag)> _arrived = Channel.CreateUnbounded<(Guid, ulong)>();
    private readonly Task _inserter;
    private readonly Task _settler;
    private TaskCompletionSource? _next;
    private int _settled;

    private RawRabbit(NpgsqlDataSource source, IConnection publishing, IConnection receiving, IChannel to, IChannel from)
    {
        (_source, _publishing, _receiving, _out, _in) = (source, publishing, receiving, to, from);
        (_inserter, _settler) = (Task.Run(InsertAsync), Task.Run(SettleAsync));
    }

    /// <summary>As long as what a job's message holds.</summary>
    public static byte[] Body { get; } = "{\"jobId\":\"01a1ff68-c146-7001-ba1e-60f2a96c4bdf\"}"u8.ToArray();

    public static async Task<RawRabbit> OpenAsync(string database, string broker)
    {
        var source = new NpgsqlDataSourceBuilder($"{database};Pooling=true;Max Auto Prepare=32;Auto Prepare Min Usages=2;No Reset On Close=true").Build();
        await using (var command = source.CreateCommand("create table work (id uuid primary key, due bigint not null, body bytea not null)"))
        {
            await command.ExecuteNonQueryAsync();
        }

        var factory = new ConnectionFactory { Uri = new Uri(broker) };
        var (publishing, receiving) = (await factory.CreateConnectionAsync(), await factory.CreateConnectionAsync());
        var to = await publishing.CreateChannelAsync(new CreateChannelOptions(
            true, true, new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = int.MaxValue })));
        var from = await receiving.CreateChannelAsync();
        await from.QueueDeclareAsync(Queue, true, false, false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await from.BasicQosAsync(0, MaxBatch, false);
        var raw = new RawRabbit(source, publishing, receiving, to, from);
        var consumer = new AsyncEventingBasicConsumer(from);
        consumer.ReceivedAsync += async (_, d) =>
        {
            Interlocked.Exchange(ref raw._next, null)?.SetResult();
            await raw._arrived.Writer.WriteAsync((new Guid(d.Body.Span[..16]), d.DeliveryTag));
        };
        await from.BasicConsumeAsync(Queue, false, consumer);
        return raw;
    }

    /// <summary>From the first that is sent to the last that is deleted.</summary>
    public async Task<double> RateAsync(int count, int senders)
    {
        Volatile.Write(ref _settled, 0);
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = senders }, async (_, _) => await SendAsync());
        while (Volatile.Read(ref _settled) < count)
        {
            await Task.Delay(1);
        }

        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The median from before the row to the arrival, one at a time, in milliseconds.</summary>
    public async Task<double> LatencyAsync(int count)
    {
        var figures = new List<double>();
        for (var i = 0; i < count; i++)
        {
            await Task.Delay(20);
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _next, arrived);
            var start = Stopwatch.GetTimestamp();
            var sending = SendAsync();
            await arrived.Task;
            figures.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await sending;
        }

        return figures.Order().ElementAt(count / 2);
    }

    public async ValueTask DisposeAsync()
    {
        _inserts.Writer.Complete();
        _arrived.Writer.Complete();
        await Task.WhenAll(_inserter, _settler);
        await _publishing.DisposeAsync();
        await _receiving.DisposeAsync();
        await _source.DisposeAsync();
    }

    private async Task SendAsync()
    {
        var id = Id.New(TimeProvider.System, default);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inserts.Writer.WriteAsync((id, done));
        await done.Task;
        await _out.BasicPublishAsync("", Queue, mandatory: true, new BasicProperties { Persistent = true }, (byte[])[.. id.ToByteArray(), .. Body], CancellationToken.None);
    }

    private Task InsertAsync() => BatchAsync(_inserts.Reader, async batch =>
    {
        await using var command = _source.CreateCommand("insert into work select id, $2, $3 from unnest($1) id");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(b => b.Id)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Body });
        await command.ExecuteNonQueryAsync();
        batch.ForEach(b => b.Done.SetResult());
    });

    private Task SettleAsync() => BatchAsync(_arrived.Reader, async batch =>
    {
        await using var command = _source.CreateCommand("delete from work where id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(b => b.Id)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        await command.ExecuteNonQueryAsync();
        await _in.BasicAckAsync(batch.Max(b => b.Tag), multiple: true, CancellationToken.None);
        Interlocked.Add(ref _settled, batch.Count);
    });

    private static async Task BatchAsync<T>(ChannelReader<T> reader, Func<List<T>, Task> write)
    {
        for (var batch = new List<T>(MaxBatch); await reader.WaitToReadAsync(); batch.Clear())
        {
            while (batch.Count < MaxBatch && reader.TryRead(out var one))
            {
                batch.Add(one);
            }

            if (batch.Count > 0)
            {
                await write(batch);
            }
        }
    }
}
