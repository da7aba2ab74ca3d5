using System.Diagnostics;
using System.Threading.Channels;
using System.Threading.RateLimiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Monolith.Benchmarks.Adapters;

/// <summary>
/// A durable record and a message for each piece of work, as one would write it by hand: published with confirmations by who stored the
/// record, which who receives the message deletes. No relay, so a record whose sender died is never sent; no lease, no token, no copies
/// told apart.
/// </summary>
internal sealed class RawRabbit : IAsyncDisposable
{
    private const int MaxBatch = 512;

    private readonly Func<Guid, Task> _store;
    private readonly Func<List<Guid>, Task> _delete;
    private readonly IConnection _publishing;
    private readonly IConnection _receiving;
    private readonly IChannel _out;
    private readonly IChannel _in;
    private readonly string _queue;
    private readonly Channel<(Guid Id, ulong Tag)> _arrived = Channel.CreateUnbounded<(Guid, ulong)>();
    private readonly Task _settler;
    private TaskCompletionSource? _next;
    private int _settled;

    private RawRabbit(
        Func<Guid, Task> store, Func<List<Guid>, Task> delete, string queue, IConnection publishing, IConnection receiving, IChannel to,
        IChannel from)
    {
        (_store, _delete, _queue, _publishing, _receiving, _out, _in) = (store, delete, queue, publishing, receiving, to, from);
        _settler = Task.Run(SettleAsync);
    }

    /// <summary>As long as what a job's message holds.</summary>
    public static byte[] Body { get; } = "{\"jobId\":\"01a1ff68-c146-7001-ba1e-60f2a96c4bdf\"}"u8.ToArray();

    /// <summary>Connects.</summary>
    /// <param name="broker">URL.</param>
    /// <param name="queue">Its queue.</param>
    /// <param name="store">Makes a record durable.</param>
    /// <param name="delete">Deletes records, durably.</param>
    public static async Task<RawRabbit> OpenAsync(string broker, string queue, Func<Guid, Task> store, Func<List<Guid>, Task> delete)
    {
        var factory = new ConnectionFactory { Uri = new Uri(broker) };
        var (publishing, receiving) = (await factory.CreateConnectionAsync(), await factory.CreateConnectionAsync());
        var to = await publishing.CreateChannelAsync(new CreateChannelOptions(
            true, true, new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = 256, QueueLimit = int.MaxValue })));
        var from = await receiving.CreateChannelAsync();
        await from.QueueDeclareAsync(queue, true, false, false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await from.BasicQosAsync(0, MaxBatch, false);
        var raw = new RawRabbit(store, delete, queue, publishing, receiving, to, from);
        var consumer = new AsyncEventingBasicConsumer(from);
        consumer.ReceivedAsync += async (_, d) =>
        {
            Interlocked.Exchange(ref raw._next, null)?.SetResult();
            await raw._arrived.Writer.WriteAsync((new Guid(d.Body.Span[..16]), d.DeliveryTag));
        };
        await from.BasicConsumeAsync(queue, false, consumer);
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
        _arrived.Writer.Complete();
        await _settler;
        await _publishing.DisposeAsync();
        await _receiving.DisposeAsync();
    }

    /// <summary>Hands on whatever queued up meanwhile, again and again.</summary>
    public static async Task BatchAsync<T>(ChannelReader<T> reader, Func<List<T>, Task> handle)
    {
        for (var batch = new List<T>(MaxBatch); await reader.WaitToReadAsync(); batch.Clear())
        {
            while (batch.Count < MaxBatch && reader.TryRead(out var one))
            {
                batch.Add(one);
            }

            if (batch.Count > 0)
            {
                await handle(batch);
            }
        }
    }

    private async Task SendAsync()
    {
        var id = Id.New(TimeProvider.System, new Bucket(1));
        await _store(id);
        await _out.BasicPublishAsync(
            "", _queue, mandatory: true, new BasicProperties { Persistent = true }, (byte[])[.. id.ToByteArray(), .. Body],
            CancellationToken.None);
    }

    private Task SettleAsync() => BatchAsync(_arrived.Reader, async batch =>
    {
        await _delete(batch.ConvertAll(b => b.Id));
        await _in.BasicAckAsync(batch.Max(b => b.Tag), multiple: true, CancellationToken.None);
        Interlocked.Add(ref _settled, batch.Count);
    });
}
