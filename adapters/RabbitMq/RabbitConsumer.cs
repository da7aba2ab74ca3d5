using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>A copy of a message that came from the broker, and is to be acknowledged there.</summary>
/// <param name="Message">What it says.</param>
/// <param name="Channel">Where it came from.</param>
/// <param name="Tag">What it is called there.</param>
internal sealed record RabbitDelivery(LentMessage Message, IChannel Channel, ulong Tag);

/// <summary>Receives messages, for as long as somebody here takes them. Connects when somebody does for the first time.</summary>
/// <remarks>
/// What has arrived and is not wanted after a moment goes back to the broker, by closing the channel: a node whose workers are all busy must keep
/// nothing from the others.
/// </remarks>
internal sealed partial class RabbitConsumer : IAsyncDisposable
{
    // Long enough for a worker to come back for more, short for a message that could begin elsewhere.
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(250);

    private readonly RabbitSettings _settings;
    private readonly RabbitMeters _meters;
    private readonly TimeProvider _clock;
    private readonly ILogger<RabbitConsumer> _log;
    private readonly RabbitLink _link;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new(); // for all that follows
    private readonly Dictionary<string, PriorityQueue<RabbitDelivery, (int Lane, long Turn)>> _arrived = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);
    private Task? _running;
    private int _takers;
    private int _max;
    private long _lastTaker;
    private long _turn;

    public RabbitConsumer(RabbitSettings settings, RabbitMeters meters, TimeProvider clock, ILogger<RabbitConsumer> log)
    {
        (_settings, _meters, _clock, _log) = (settings, meters, clock, log);
        _link = new RabbitLink(settings, "monolith worker", log);
    }

    /// <summary>What is wrong with the way from the broker; null when nothing is, or nobody has taken here yet.</summary>
    public string? Fault => _link.Fault;

    /// <summary>Raised when something has arrived.</summary>
    public Signal Arrived { get; } = new();

    /// <summary>How many have arrived and are not handed out.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _arrived.Values.Sum(q => q.Count);
            }
        }
    }

    private Signal Wanted { get; } = new();

    /// <summary>Lets messages come until <see cref="End"/>, and for a moment more.</summary>
    public void Begin(TakeMessages request)
    {
        bool isNews;
        lock (_lock)
        {
            isNews = request.Kinds.Aggregate(_takers++ == 0 || request.Max != _max, (isAny, kind) => _kinds.Add(kind) || isAny);
            _max = request.Max;
            _running ??= Task.Run(() => _link.RunAsync(ReceiveAsync, () => { }, _stopping.Token));
        }

        if (isNews)
        {
            Wanted.Raise();
        }
    }

    /// <summary>Says that a taker waits no more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _takers--;
            _lastTaker = _clock.GetTimestamp();
        }
    }

    /// <summary>Hands out what has arrived, the lowest lane first.</summary>
    public List<RabbitDelivery> Next(IReadOnlyCollection<string> kinds, int max)
    {
        var next = new List<RabbitDelivery>();
        lock (_lock)
        {
            var queues = kinds.Distinct().Select(_arrived.GetValueOrDefault).OfType<PriorityQueue<RabbitDelivery, (int Lane, long Turn)>>().ToList();
            while (next.Count < max && queues.Where(q => q.Count > 0).MinBy(PriorityOf) is { } first)
            {
                next.Add(first.Dequeue());
            }
        }

        return next;

        static (int Lane, long Turn) PriorityOf(PriorityQueue<RabbitDelivery, (int Lane, long Turn)> queue) =>
            queue.TryPeek(out _, out var priority) ? priority : default;
    }

    /// <summary>Tells the broker that these need not come again.</summary>
    public static async Task AcknowledgeAsync(List<RabbitDelivery> deliveries)
    {
        try
        {
            foreach (var delivery in deliveries)
            {
                await delivery.Channel.BasicAckAsync(delivery.Tag, multiple: false, CancellationToken.None);
            }
        }
        catch (Exception e) when (RabbitFailure.IsOutage(e))
        {
            // Then they come again, as copies that are of no use to anybody.
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_running ?? Task.CompletedTask);
        _stopping.Dispose();
    }

    private async Task ReceiveAsync(IConnection connection, CancellationToken ended)
    {
        while (true)
        {
            var wanted = Wanted.Next;
            if (IsWanted())
            {
                await ReceiveWhileWantedAsync(connection, ended);
            }
            else
            {
                _link.Work();
                await wanted.WaitAsync(ended);
            }
        }
    }

    private bool IsWanted()
    {
        lock (_lock)
        {
            return _takers > 0 || (_lastTaker > 0 && _clock.GetElapsedTime(_lastTaker) < _patience);
        }
    }

    private async Task ReceiveWhileWantedAsync(IConnection connection, CancellationToken ended)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ended);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, _) => Task.FromResult(over.TrySetResult());
        var prefetch = PrefetchOf(_max);
        await channel.BasicQosAsync(0, prefetch, global: false, ended);
        try
        {
            for (var consumed = new HashSet<string>(StringComparer.Ordinal); !over.Task.IsCompleted && IsWanted() && PrefetchOf(_max) <= prefetch;)
            {
                var wanted = Wanted.Next;
                foreach (var kind in KindsBut(consumed))
                {
                    await RabbitTopology.DeclareAsync(channel, _settings, kind, ended);
                    await channel.BasicConsumeAsync(RabbitTopology.QueueOf(_settings, kind), autoAck: false, new Receiver(channel, ReceiveAsync, over), ended);
                    consumed.Add(kind);
                }

                _link.Work();
                await Task.WhenAny(over.Task, wanted, Task.Delay(_patience, _clock, ended));
                ended.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Forget(channel);
        }
    }

    // Of a worker with long jobs no more than it has room for, nearly; of one that asks for hundreds, so many that the next are there when it asks again.
    private static ushort PrefetchOf(int max) => (ushort)(max > 64 ? 512 : Math.Max(8, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)max)));

    private List<string> KindsBut(HashSet<string> consumed)
    {
        lock (_lock)
        {
            return [.. _kinds.Except(consumed)];
        }
    }

    private async Task ReceiveAsync(IChannel channel, ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        if (RabbitMessage.IsProbe(properties, body))
        {
            await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
            return;
        }

        if (RabbitMessage.Read(properties, body.Span) is not { } message)
        {
            LogUnreadable(properties.MessageId);
            _meters.Unreadable();
            await channel.BasicRejectAsync(tag, requeue: false, CancellationToken.None);
            return;
        }

        lock (_lock)
        {
            if (!_arrived.TryGetValue(message.Kind, out var queue))
            {
                _arrived[message.Kind] = queue = new();
            }

            queue.Enqueue(new RabbitDelivery(message, channel, tag), (message.Lane, _turn++));
        }

        Arrived.Raise();
    }

    // The broker gives them to somebody else when the channel is closed.
    private void Forget(IChannel channel)
    {
        lock (_lock)
        {
            foreach (var (kind, queue) in _arrived.ToList())
            {
                _arrived[kind] = new(queue.UnorderedItems.Where(d => d.Element.Channel != channel));
            }

            if (_takers == 0)
            {
                _kinds.Clear();
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A message in the broker cannot be read and went to the dead-letter queue; its id is {MessageId}")]
    private partial void LogUnreadable(string? messageId);

    private sealed class Receiver(
        IChannel channel, Func<IChannel, ulong, IReadOnlyBasicProperties, ReadOnlyMemory<byte>, Task> receive, TaskCompletionSource over) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) => receive(Channel, deliveryTag, properties, body);

        // By the broker, when the queue is deleted or moves.
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            over.TrySetResult();
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}
