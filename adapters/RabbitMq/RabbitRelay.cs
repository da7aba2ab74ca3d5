using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Monolith.Adapters.RabbitMq;

/// <summary>
/// Carries messages that are due from the stores to the broker, on every node. Several compete without harm: a store reserves each message
/// to one of them.
/// </summary>
/// <remarks>
/// What was reserved and did not arrive, for whatever reason, is due again when its lease has run out. So nothing here has to be undone,
/// and only so much is sent that the broker holds <see cref="RabbitSettings.Window"/> messages of a kind: a backlog waits in the stores and
/// is not sent again and again.
/// </remarks>
internal sealed partial class RabbitRelay(
    RabbitSettings settings, Shards shards, IEnumerable<IMessageKinds> kinds, RabbitMeters meters, Heartbeats heartbeats,
    TimeProvider clock,
    ILogger<RabbitRelay> log) : BackgroundService
{
    private const int Page = 256;

    // So many pages may wait for their confirmations while the next is reserved.
    private const int MaxPages = 2;

    // Counting a long backlog would cost more than it tells.
    private const int CountLimit = 10_000;

    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(5);

    // The net under the signals: what another process has sent is found this late at worst.
    private static readonly TimeSpan _pollLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _fullPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan _breath = TimeSpan.FromSeconds(5);

    private readonly RabbitLink _link = new(settings, "monolith relay", log, "not connected yet");
    private readonly Lazy<IReadOnlyList<string>> _kinds = new(
        () => [.. kinds.SelectMany(k => k.Names).Distinct().Order(StringComparer.Ordinal)]);

    // Not before it works: a loop that a node does not run is not a dead one.
    private readonly Lazy<Heartbeat> _heartbeat = new(() => heartbeats.Of("queue.relay", TimeSpan.FromMinutes(1)));

    /// <summary>What is wrong with the way to the broker; null when messages go there.</summary>
    public string? Fault => _link.Fault;

    /// <summary>What the servers are called, without secrets.</summary>
    public string Name => settings.Name;

    private RabbitHandover Handover => field ??= new(settings, _link, clock);

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.All)
        {
            shard.Dispatcher = Handover;
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await Handover.CloseAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await _link.RunAsync(RelayAsync, _heartbeat.Value.Beat, stoppingToken);
    }

    private async Task RelayAsync(IConnection connection, CancellationToken ended)
    {
        await using var asking = await connection.CreateChannelAsync(cancellationToken: ended);
        var depths = new RabbitDepths(settings, _kinds.Value, asking, Handover.OnTheWay, meters);
        await using var publisher = await RabbitPublisher.OpenAsync(
            connection, (Page * MaxPages) + RabbitHandover.Most, settings, _link, depths, meters, _heartbeat.Value.Beat, ended);
        await RabbitTopology.DeclareDeadAsync(asking, settings, ended);
        await depths.AskAsync(ended);
        await depths.ProbeAsync(ended);
        await publisher.ProbeAsync(ended);
        _link.Work();

        // Neither goes on alone.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended);
        Task[] both = [Handover.RunAsync(publisher, depths, either.Token), LookAsync(depths, publisher, either.Token)];
        var first = await Task.WhenAny(both);
        await either.CancelAsync();
        await Task.WhenAll(both).ContinueWith(_ => { }, TaskScheduler.Default);
        await first;
    }

    private async Task LookAsync(RabbitDepths depths, RabbitPublisher publisher, CancellationToken ended)
    {
        var pages = new Queue<Task>();
        for (long? measured = null; ;)
        {
            ended.ThrowIfCancellationRequested();
            _heartbeat.Value.Beat();
            if (measured is null || clock.GetElapsedTime(measured.Value) >= _breath)
            {
                measured = clock.GetTimestamp();
                await MeasureAsync(depths, ended);
            }

            await RoundAsync(depths, pages, publisher, ended);
        }
    }

    private async Task RoundAsync(RabbitDepths depths, Queue<Task> pages, RabbitPublisher publisher, CancellationToken ended)
    {
        var changed = Task.WhenAny(shards.All.Select(shard => shard.Changed.Next));
        if (_link.IsBlocked)
        {
            await Task.Delay(_fullPause, clock, ended);
            return;
        }

        if (depths.MayBeFull)
        {
            // What is on its way does not count there yet.
            await ConfirmAsync(pages);
        }

        var (reserved, earliest) = await ReserveAsync(await depths.WithRoomAsync(ended), ended);
        if (reserved.Count > 0)
        {
            depths.Add(reserved);
            pages.Enqueue(publisher.PublishAsync(reserved, ended));
            if (pages.Count >= MaxPages)
            {
                await pages.Dequeue();
            }

            return;
        }

        await ConfirmAsync(pages);
        var limit = depths.IsFull ? _fullPause : _pollLimit;
        var wait = earliest - clock.GetUtcNow() is { } untilDue && untilDue < limit ? untilDue : limit;
        if (wait > TimeSpan.Zero)
        {
            await Signal.WaitAsync(changed, wait, clock, ended);
        }

        // Not in the way of what was just stored, which is handed over.
        await Task.Delay(_rest, clock, ended);
    }

    private static async Task ConfirmAsync(Queue<Task> pages)
    {
        while (pages.TryDequeue(out var page))
        {
            await page;
        }
    }

    private async Task<(List<ReservedMessage> Reserved, DateTimeOffset? Earliest)> ReserveAsync(
        IReadOnlyList<string> open, CancellationToken cancellationToken)
    {
        var reserved = new List<ReservedMessage>();
        DateTimeOffset? earliest = null;
        foreach (var shard in open.Count == 0 ? [] : shards.All)
        {
            try
            {
                // With a read first: most of what wakes this loop was handed over, or holds no message.
                var due = await shard.Store.NextDueAsync(open, cancellationToken);
                if (due <= clock.GetUtcNow())
                {
                    reserved.AddRange(await shard.Store.ReserveAsync(new ReserveMessages(open, Page, settings.Lease), cancellationToken));
                }

                earliest = earliest is null || due < earliest ? due : earliest;
            }
            catch (StoreUnavailableException e)
            {
                // One shard that is down must not stop the messages of the others.
                LogStoreAway(shard.Number, e.Message);
            }
        }

        return (reserved, earliest);
    }

    /// <summary>Tells how much waits, here and there, and for how many seconds the longest has been due and is not even sent.</summary>
    private async Task MeasureAsync(RabbitDepths depths, CancellationToken cancellationToken)
    {
        await depths.AskAsync(cancellationToken);
        try
        {
            foreach (var kind in _kinds.Value)
            {
                var counts = await Task.WhenAll(
                    shards.All.Select(s => s.Store.CountDueAsync(kind, CountLimit, cancellationToken).AsTask()));
                meters.Depth(kind, "store", counts.Sum());
            }

            var due = await Task.WhenAll(shards.All.Select(s => s.Store.NextDueAsync(_kinds.Value, cancellationToken).AsTask()));
            _heartbeat.Value.Lag = due.Min() is { } longest ? Math.Max(0, (long)(clock.GetUtcNow() - longest).TotalSeconds) : 0;
        }
        catch (StoreUnavailableException)
        {
            // The figures stay as they were; that a store is unavailable is told elsewhere.
        }
    }

    [LoggerMessage(LogLevel.Debug, "Shard {Shard} has no messages to carry: {Reason}")]
    private partial void LogStoreAway(int shard, string reason);
}
