using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Adapters.RabbitMq;
using RabbitMQ.Client;
using Wolverine;
using Wolverine.RabbitMQ;
using Wolverine.RabbitMQ.Internal;
using Wolverine.Runtime;
using Wolverine.Transports;

namespace Monolith.Adapters.Wolverine;

/// <summary>RabbitMQ: an exchange, and quorum queues for the receivers that are known.</summary>
internal sealed class RabbitBroker(RabbitFeedSettings settings) : IFeedBroker
{
    public string Name => $"RabbitMQ {settings.Name}";

    public Uri Destination { get; } = new($"rabbitmq://exchange/{settings.Exchange}");

    public TimeSpan Timeout => settings.Timeout;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await settings.ConnectAsync("monolith feed", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(
            settings.Exchange, RabbitMQ.Client.ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        foreach (var queue in settings.Queues)
        {
            await channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(queue, settings.Exchange, routingKey: "", cancellationToken: cancellationToken);
        }
    }

    public void Configure(WolverineOptions options)
    {
        var broker = options.UseRabbitMq(settings.Configure).UseSenderConnectionOnly().DisableSystemRequestReplyQueueDeclaration()
            .DisableDeadLetterQueueing()
            // Off unless asked for: without them a message that the broker never stored would count as sent.
            .ConfigureChannelCreation(channel =>
            {
                channel.PublisherConfirmationsEnabled = true;
                channel.PublisherConfirmationTrackingEnabled = true;
            });
        foreach (var server in settings.Endpoints())
        {
            broker.AddClusterNode(server);
        }

        options.PublishMessage<FeedMessage>().ToRabbitExchange(settings.Exchange).SendInline().UseInterop(new Mapper());
    }

    public async Task LookAsync(IHost host, CancellationToken cancellationToken)
    {
        var transport = host.Services.GetRequiredService<IWolverineRuntime>().Options.Transports.GetOrCreate<RabbitMqTransport>();
        var seen = await transport.ProbeAsync(cancellationToken);
        if (seen.Status is BrokerHealthStatus.Unhealthy)
        {
            throw new RabbitLostException("the connection was lost");
        }
    }

    public string ReasonOf(Exception exception) => RabbitFailure.ReasonOf(exception, settings);

    /// <summary>Writes a message so that any client of RabbitMQ can read it, and Wolverine finds its handler by the type.</summary>
    private sealed class Mapper : IRabbitMqEnvelopeMapper
    {
        public void MapEnvelopeToOutgoing(Envelope envelope, IBasicProperties outgoing)
        {
            var message = (FeedMessage)envelope.Message!; // All that is sent here.
            outgoing.Persistent = true; // What is sent inline is not, unless this says so: a broker that restarts would forget it.
            outgoing.MessageId = $"{message.Id}";
            outgoing.Type = message.Type;
            outgoing.ContentType = FeedHeaders.ContentType;
            outgoing.Timestamp = new AmqpTimestamp(message.At.ToUnixTimeSeconds());
            outgoing.Headers = FeedHeaders.Of(message).ToDictionary(h => h.Name, h => (object?)h.Value);
        }

        public void MapIncomingToEnvelope(Envelope envelope, IReadOnlyBasicProperties incoming) =>
            throw new NotSupportedException("A feed receives nothing.");
    }
}
