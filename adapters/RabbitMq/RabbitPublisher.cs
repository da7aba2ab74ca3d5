using System.Threading.RateLimiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Monolith.Adapters.RabbitMq;

/// <summary>Sends messages over one connection, with confirmations.</summary>
internal sealed class RabbitPublisher : IAsyncDisposable
{
    private const int Tries = 3;

    private static readonly TimeSpan _refusedPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan _breath = TimeSpan.FromSeconds(5);

    private readonly RabbitSettings _settings;
    private readonly RabbitLink _link;
    private readonly RabbitDepths _depths;
    private readonly RabbitMeters _meters;
    private readonly RateLimiter _limiter;
    private readonly IChannel _channel;
    private readonly Action _beat;

    private RabbitPublisher(
        RabbitSettings settings, RabbitLink link, RabbitDepths depths, RabbitMeters meters, RateLimiter limiter, IChannel channel,
        Action beat) =>
        (_settings, _link, _depths, _meters, _limiter, _channel, _beat) = (settings, link, depths, meters, limiter, channel, beat);

    /// <summary>Opens a channel.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="most">How many messages may wait for their confirmation.</param>
    /// <param name="settings">Which servers.</param>
    /// <param name="link">Whether the broker takes anything.</param>
    /// <param name="depths">Makes queues that are missing.</param>
    /// <param name="meters">Count.</param>
    /// <param name="beat">A sign of life while it waits.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<RabbitPublisher> OpenAsync(
        IConnection connection, int most, RabbitSettings settings, RabbitLink link, RabbitDepths depths, RabbitMeters meters, Action beat,
        CancellationToken cancellationToken)
    {
        // The library's own limiter refuses when it is full; this one lets wait.
        var limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = int.MaxValue });
        var options = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, limiter);
        return new RabbitPublisher(
            settings, link, depths, meters, limiter, await connection.CreateChannelAsync(options, cancellationToken), beat);
    }

    /// <summary>Sends, and waits until the broker has everything on its disks.</summary>
    /// <param name="reserved">What.</param>
    /// <param name="ended">Ends the waiting.</param>
    public async Task PublishAsync(IReadOnlyList<ReservedMessage> reserved, CancellationToken ended)
    {
        var network = TimeProvider.System;
        var refused = await SendAsync(reserved, ended);
        for (var tries = 1; refused.Count > 0 && tries < Tries; tries++)
        {
            // Usually a queue was deleted. What is refused in the end comes again when its lease has run out.
            await Task.Delay(_refusedPause, network, ended);
            await _depths.AskAsync(ended);
            refused = await SendAsync(refused, ended);
        }

        foreach (var kind in (refused.Count == 0 ? reserved : reserved.Except(refused)).CountBy(m => m.Kind))
        {
            _meters.Published(kind.Key, kind.Value);
        }
    }

    /// <summary>
    /// Finds out whether the broker takes anything at the moment, by sending what belongs into no queue: one that is short of memory says
    /// so only then.
    /// </summary>
    public async Task ProbeAsync(CancellationToken ended)
    {
        try
        {
            await ConfirmedAsync(_channel.BasicPublishAsync(
                "", RabbitTopology.QueueOf(_settings, "unused"), mandatory: true, new BasicProperties(), default,
                CancellationToken.None).AsTask(), ended);
        }
        catch (PublishException e) when (e.IsReturn)
        {
            // As it must be.
        }
        catch (PublishException)
        {
            throw new RabbitLostException("it takes no messages");
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _limiter.DisposeAsync();
    }

    /// <returns>Those that the broker did not take.</returns>
    private async Task<List<ReservedMessage>> SendAsync(IReadOnlyList<ReservedMessage> messages, CancellationToken ended)
    {
        var sent = Task.WhenAll(messages.Select(SendAsync));
        await ConfirmedAsync(sent, ended);
        return [.. (await sent).OfType<ReservedMessage>()];
    }

    /// <returns>The message, when the broker did not take it.</returns>
    private async Task<ReservedMessage?> SendAsync(ReservedMessage message)
    {
        try
        {
            await _channel.BasicPublishAsync(
                "", RabbitTopology.QueueOf(_settings, message.Kind), mandatory: true, RabbitMessage.PropertiesOf(message),
                RabbitMessage.Write(message), CancellationToken.None);
            return null;
        }
        catch (PublishException)
        {
            return message;
        }
    }

    private async Task ConfirmedAsync(Task sent, CancellationToken ended)
    {
        var network = TimeProvider.System; // It has its own time, whatever clock the rest of the program lives by.
        for (var started = network.GetTimestamp(); ;)
        {
            try
            {
                await sent.WaitAsync(_settings.Timeout < _breath ? _settings.Timeout : _breath, network, CancellationToken.None);
                return;
            }
            catch (TimeoutException)
            {
                // Not cancelled by a shutdown at once: what is confirmed now need not be sent again by another node.
                ended.ThrowIfCancellationRequested();
                _beat();
                if (!_link.IsBlocked && network.GetElapsedTime(started) >= _settings.Timeout)
                {
                    throw new RabbitLostException("it does not confirm in time");
                }
            }
        }
    }
}
