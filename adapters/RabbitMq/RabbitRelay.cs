using System.Threading.RateLimiting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Events;
using Monolith.Kernel.Telemetry;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Carries messages that are due from the stores to the broker, on every node. Several compete without harm: a store lends each message to one of them.</summary>
/// <remarks>
/// What was lent and did not arrive, for whatever reason, is due again when its lease has run out. So nothing here has to be undone, and only so
/// much is sent that the broker holds <see cref="RabbitSettings.Window"/> messages of a kind: a backlog waits in the stores and is not sent again and again.
/// </remarks>
internal sealed partial class RabbitRelay(
    RabbitSettings settings, Shards shards, IEnumerable<IMessageKinds> kinds, RabbitMeters meters, Heartbeats heartbeats, TimeProvider clock,
    ILogger<RabbitRelay> log) : BackgroundService
{
    private const int Page = 256;

    // So many pages may wait for their confirmations while the next is lent.
    private const int MaxPages = 2;

    private const int Tries = 3;

    // Counting a long backlog would cost more than it tells.
    private const int CountLimit = 10_000;

    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(5);

    // The net under the signals: what another process has sent is found this late at worst.
    private static readonly TimeSpan _pollLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _fullPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan _refusedPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan _breath = TimeSpan.FromSeconds(5);

    private readonly RabbitLink _link = new(settings, "monolith relay", log, "not connected yet");
    private readonly Lazy<IReadOnlyList<string>> _kinds = new(() => [.. kinds.SelectMany(k => k.Names).Distinct().Order(StringComparer.Ordinal)]);

    // Not before it works: a loop that a node does not run is not a dead one.
    private readonly Lazy<Heartbeat> _heartbeat = new(() => heartbeats.Of("queue.relay", TimeSpan.FromMinutes(1)));

    /// <summary>What is wrong with the way to the broker; null when messages go there.</summary>
    public string? Fault => _link.Fault;

    /// <summary>What the servers are called, without secrets.</summary>
    public string Name => settings.Name;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await _link.RunAsync(RelayAsync, _heartbeat.Value.Beat, stoppingToken);
    }

    private async Task RelayAsync(IConnection connection, CancellationToken ended)
    {
        // The library's own limiter refuses when it is full; this one lets wait.
        await using var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = Page * MaxPages, QueueLimit = int.MaxValue });
        await using var publishing = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, limiter), ended);
        await using var asking = await connection.CreateChannelAsync(cancellationToken: ended);
        var depths = new RabbitDepths(settings, _kinds.Value, meters);
        await RabbitTopology.DeclareDeadAsync(asking, settings, ended);
        await depths.AskAsync(asking, ended);
        await ProbeAsync(publishing, ended);
        _link.Work();
        var pages = new Queue<Task>();
        for (long? measured = null; ;)
        {
            ended.ThrowIfCancellationRequested();
            _heartbeat.Value.Beat();
            if (measured is null || clock.GetElapsedTime(measured.Value) >= _breath)
            {
                measured = clock.GetTimestamp();
                await MeasureAsync(depths, asking, ended);
            }

            await RoundAsync(depths, pages, publishing, asking, ended);
        }
    }

    private async Task RoundAsync(RabbitDepths depths, Queue<Task> pages, IChannel publishing, IChannel asking, CancellationToken ended)
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

        var (lent, earliest) = await LendAsync(await depths.WithRoomAsync(asking, ended), ended);
        if (lent.Count > 0)
        {
            depths.Add(lent);
            pages.Enqueue(PublishAsync(lent, depths, publishing, asking, ended));
            if (pages.Count >= MaxPages)
            {
                await pages.Dequeue();
            }

            return;
        }

        await ConfirmAsync(pages);
        await Task.Delay(_rest, clock, ended);
        var limit = depths.IsFull ? _fullPause : _pollLimit;
        var wait = earliest - clock.GetUtcNow() is { } untilDue && untilDue < limit ? untilDue : limit;
        if (wait > TimeSpan.Zero)
        {
            await Signal.WaitAsync(changed, wait, clock, ended);
        }
    }

    private static async Task ConfirmAsync(Queue<Task> pages)
    {
        while (pages.TryDequeue(out var page))
        {
            await page;
        }
    }

    private async Task<(List<LentMessage> Lent, DateTimeOffset? Earliest)> LendAsync(IReadOnlyList<string> open, CancellationToken cancellationToken)
    {
        var lent = new List<LentMessage>();
        DateTimeOffset? earliest = null;
        foreach (var shard in open.Count == 0 ? [] : shards.All)
        {
            try
            {
                // Asked at once and not whether there is anything: looking in vain writes nothing, and a lone message is on its way the sooner.
                var page = await shard.Store.LendAsync(new LendMessages(open, Page, settings.Lease), cancellationToken);
                lent.AddRange(page);
                var due = page.Count > 0 ? null : await shard.Store.NextDueAsync(open, cancellationToken);
                earliest = earliest is null || due < earliest ? due : earliest;
            }
            catch (StoreUnavailableException e)
            {
                // One shard that is down must not stop the messages of the others.
                LogStoreAway(shard.Index, e.Message);
            }
        }

        return (lent, earliest);
    }

    /// <summary>Sends, and waits until the broker has everything on its disks.</summary>
    private async Task PublishAsync(
        List<LentMessage> lent, RabbitDepths depths, IChannel publishing, IChannel asking, CancellationToken ended)
    {
        var refused = await SendAsync(lent, publishing, ended);
        for (var tries = 1; refused.Count > 0 && tries < Tries; tries++)
        {
            // Somebody deleted a queue, as a rule. What is refused in the end comes again when its lease has run out.
            await Task.Delay(_refusedPause, clock, ended);
            await depths.AskAsync(asking, ended);
            refused = await SendAsync(refused, publishing, ended);
        }

        foreach (var kind in (refused.Count == 0 ? lent : lent.Except(refused)).CountBy(m => m.Kind))
        {
            meters.Published(kind.Key, kind.Value);
        }
    }

    /// <summary>Sends something to each queue that is none of the messages: a broker can take what it never confirms, and would be lent one page after the other.</summary>
    private async Task ProbeAsync(IChannel channel, CancellationToken ended)
    {
        try
        {
            await ConfirmedAsync(Task.WhenAll(_kinds.Value.Select(kind => channel.BasicPublishAsync(
                "", RabbitTopology.QueueOf(settings, kind), mandatory: true, RabbitMessage.Probe, default, CancellationToken.None).AsTask())), ended);
        }
        catch (PublishException)
        {
            throw new RabbitLostException("it takes no messages");
        }
    }

    /// <returns>Those that the broker did not take.</returns>
    private async Task<List<LentMessage>> SendAsync(List<LentMessage> messages, IChannel channel, CancellationToken ended)
    {
        var sent = Task.WhenAll(messages.Select(m => SendAsync(m, channel)));
        await ConfirmedAsync(sent, ended);
        return [.. (await sent).OfType<LentMessage>()];
    }

    private async Task ConfirmedAsync(Task sent, CancellationToken ended)
    {
        var network = TimeProvider.System; // It has its own time, whatever clock the rest of the program lives by.
        for (var started = network.GetTimestamp(); ;)
        {
            try
            {
                await sent.WaitAsync(settings.Timeout < _breath ? settings.Timeout : _breath, network, CancellationToken.None);
                return;
            }
            catch (TimeoutException)
            {
                // Not cancelled by a shutdown at once: what is confirmed now need not be sent again by somebody else.
                ended.ThrowIfCancellationRequested();
                _heartbeat.Value.Beat();
                if (!_link.IsBlocked && network.GetElapsedTime(started) >= settings.Timeout)
                {
                    throw new RabbitLostException("it does not confirm in time");
                }
            }
        }
    }

    /// <returns>The message, when the broker did not take it.</returns>
    private async Task<LentMessage?> SendAsync(LentMessage message, IChannel channel)
    {
        try
        {
            await channel.BasicPublishAsync(
                "", RabbitTopology.QueueOf(settings, message.Kind), mandatory: true, RabbitMessage.PropertiesOf(message), RabbitMessage.Write(message), CancellationToken.None);
            return null;
        }
        catch (PublishException)
        {
            return message;
        }
    }

    /// <summary>Tells how much waits, here and there, and for how many seconds the longest has been due and is not even sent.</summary>
    private async Task MeasureAsync(RabbitDepths depths, IChannel asking, CancellationToken cancellationToken)
    {
        await depths.AskAsync(asking, cancellationToken);
        try
        {
            foreach (var kind in _kinds.Value)
            {
                var counts = await Task.WhenAll(shards.All.Select(s => s.Store.CountDueAsync(kind, CountLimit, cancellationToken).AsTask()));
                meters.Depth(kind, "store", counts.Sum());
            }

            var due = await Task.WhenAll(shards.All.Select(s => s.Store.NextDueAsync(_kinds.Value, cancellationToken).AsTask()));
            _heartbeat.Value.Lag = due.Min() is { } longest ? Math.Max(0, (long)(clock.GetUtcNow() - longest).TotalSeconds) : 0;
        }
        catch (StoreUnavailableException)
        {
            // The figures stay as they were; that a store is away is told elsewhere.
        }
    }

    [LoggerMessage(LogLevel.Debug, "Shard {Shard} has no messages to carry: {Reason}")]
    private partial void LogStoreAway(int shard, string reason);
}
