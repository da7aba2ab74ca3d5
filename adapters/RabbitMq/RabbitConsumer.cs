using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Receives messages, for as long as a worker here takes them. Connects at the first take.</summary>
/// <remarks>
/// What has arrived and is not wanted after a moment goes back to the broker, by closing the channel: a node whose workers are all busy
/// must keep nothing from the others.
/// </remarks>
internal sealed partial class RabbitConsumer : IAsyncDisposable
{
    private const uint MaxPrefetch = 1024;

    // Long enough for a worker to come back for more, short for a message that could begin elsewhere.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly RabbitSettings _settings;
    private readonly RabbitMeters _meters;
    private readonly TimeProvider _clock;
    private readonly ILogger<RabbitConsumer> _log;
    private readonly RabbitLink _link;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new(); // for all that follows
    private readonly Dictionary<string, PriorityQueue<RabbitDelivery, (int Lane, long Turn)>> _arrived = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);
    private RabbitSession? _ended;
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

    /// <summary>What is wrong with the way from the broker; null when nothing is, or before the first take.</summary>
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
            isNews = request.Kinds.Aggregate(_takers++ == 0 || request.Max > _max, (isAny, kind) => _kinds.Add(kind) || isAny);
            _max = Math.Min(request.Max, (int)MaxPrefetch / 2);
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
            var queues = kinds.Distinct().Select(_arrived.GetValueOrDefault).OfType<PriorityQueue<RabbitDelivery, (int Lane, long Turn)>>()
                .ToList();
            while (next.Count < max && queues.Where(q => q.Count > 0).MinBy(PriorityOf) is { } first)
            {
                next.Add(first.Dequeue());
                next[^1].Session.Hold();
            }
        }

        return next;

        static (int Lane, long Turn) PriorityOf(PriorityQueue<RabbitDelivery, (int Lane, long Turn)> queue) =>
            queue.TryPeek(out _, out var priority) ? priority : default;
    }

    /// <summary>Tells the broker that what was handed out need not come again.</summary>
    public static Task AcknowledgeAsync(List<RabbitDelivery> deliveries) => Task.WhenAll(
        deliveries.GroupBy(d => d.Session).Select(session => session.Key.AcknowledgeAsync(session.Select(d => d.Tag).ToList())));

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
        var session = new RabbitSession(channel);
        channel.ChannelShutdownAsync += (_, _) =>
        {
            session.End();
            return Task.CompletedTask;
        };
        var prefetch = PrefetchOf(_max);
        await channel.BasicQosAsync(0, prefetch, global: false, ended);
        try
        {
            for (
                var consumed = new HashSet<string>(StringComparer.Ordinal); !session.Over.IsCompleted && IsWanted()
                    && _max * 2 <= prefetch;)
            {
                var wanted = Wanted.Next;
                foreach (var kind in KindsBut(consumed))
                {
                    await RabbitTopology.DeclareAsync(channel, _settings, kind, ended);
                    await channel.BasicConsumeAsync(
                        RabbitTopology.QueueOf(_settings, kind), autoAck: false, new Receiver(channel, ReceiveAsync, session), ended);
                    consumed.Add(kind);
                }

                _link.Work();
                await Task.WhenAny(session.Over, wanted, Task.Delay(_patience, _clock, ended));
                ended.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Forget(session);
            await session.EmptyAsync();
        }
    }

    // So many that the next page has arrived when it is asked for: who gets all that was asked for asks for more the next time.
    private static ushort PrefetchOf(int max) =>
        (ushort)Math.Clamp(4 * System.Numerics.BitOperations.RoundUpToPowerOf2((uint)max), 16, MaxPrefetch);

    private List<string> KindsBut(HashSet<string> consumed)
    {
        lock (_lock)
        {
            return [.. _kinds.Except(consumed)];
        }
    }

    private async Task ReceiveAsync(RabbitSession session, ulong tag, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body)
    {
        if (RabbitMessage.Read(properties, body.Span) is not { } message)
        {
            LogUnreadable(properties.MessageId);
            _meters.Unreadable();
            await session.RejectAsync(tag);
            return;
        }

        lock (_lock)
        {
            if (_ended == session)
            {
                return; // It goes back when the channel is closed.
            }

            if (!_arrived.TryGetValue(message.Kind, out var queue))
            {
                _arrived[message.Kind] = queue = new();
            }

            queue.Enqueue(new RabbitDelivery(message, session, tag), (message.Lane, _turn++));
        }

        Arrived.Raise();
    }

    // The broker gives them to another consumer when the channel is closed.
    private void Forget(RabbitSession session)
    {
        lock (_lock)
        {
            _ended = session;
            foreach (var (kind, queue) in _arrived.ToList())
            {
                _arrived[kind] = new(queue.UnorderedItems.Where(d => d.Element.Session != session));
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
        IChannel channel, Func<RabbitSession, ulong, IReadOnlyBasicProperties, ReadOnlyMemory<byte>, Task> receive,
        RabbitSession session) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) => receive(session, deliveryTag, properties, body);

        // By the broker, when the queue is deleted or moves.
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            session.End();
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}
