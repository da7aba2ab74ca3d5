using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Monolith.Adapters.Wolverine;
using Wolverine;
using Wolverine.Kafka;

namespace Monolith.Adapters.WolverineKafka;

/// <summary>Kafka: a topic, in which each shard has the partition that its number leads to.</summary>
internal sealed class KafkaBroker(KafkaFeedSettings settings) : IFeedBroker
{
    public string Name => $"Kafka {settings.Servers}";

    public Uri Destination { get; } = new($"kafka://topic/{settings.Topic}");

    public TimeSpan Timeout => settings.Timeout;

    public void Configure(WolverineOptions options)
    {
        options.UseKafka(settings.Servers).ConfigureClient(Configure).ConfigureProducers(producer =>
        {
            // On the disks of all replicas that are in step, and in the order in which it was sent, also when the library sends it again.
            producer.Acks = Acks.All;
            producer.EnableIdempotence = true;
            producer.MessageTimeoutMs = Milliseconds;
        })
            // What is wrong comes with the messages; the library would write to standard error.
            .ConfigureProducerBuilders(builder => builder.SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }));
        options.PublishMessage<FeedMessage>().ToKafkaTopic(settings.Topic).SendInline().UseInterop(new Mapper());
    }

    // Each look is a client of its own, used by one thread from its making to its end: the native library is ended by a use after that.
    public Task PrepareAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var config = new AdminClientConfig();
            Configure(config);
            using var client = new AdminClientBuilder(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
            if (client.GetMetadata(settings.Topic, settings.Timeout).Topics.Find(t => t.Error.IsError) is { } topic)
            {
                throw new KafkaException(topic.Error);
            }
        },
        cancellationToken);

    // A client for each look would cost more than it tells: an outage is noticed by the next announcement.
    public Task LookAsync(IHost host, CancellationToken cancellationToken) => Task.CompletedTask;

    public string ReasonOf(Exception exception) => KafkaFailure.ReasonOf(exception, settings);

    private int Milliseconds => (int)settings.Timeout.TotalMilliseconds;

    private void Configure(ClientConfig client)
    {
        client.BootstrapServers = settings.Servers;
        client.ClientId = "monolith-feed";
        client.SocketTimeoutMs = Milliseconds;
        client.SecurityProtocol = (settings.IsTls, settings.User.Length > 0) switch
        {
            (true, true) => SecurityProtocol.SaslSsl,
            (true, false) => SecurityProtocol.Ssl,
            (false, true) => SecurityProtocol.SaslPlaintext,
            _ => SecurityProtocol.Plaintext,
        };
        if (settings.User.Length > 0)
        {
            client.SaslMechanism = settings.Mechanism switch
            {
                "scram-sha-256" => SaslMechanism.ScramSha256,
                "scram-sha-512" => SaslMechanism.ScramSha512,
                _ => SaslMechanism.Plain,
            };
            (client.SaslUsername, client.SaslPassword) = (settings.User, settings.Password.Read());
        }

        if (settings.Authority.File is { } file)
        {
            client.SslCaLocation = file;
        }
    }

    /// <summary>Writes a message so that any client of Kafka can read it, and Wolverine finds its handler by the type.</summary>
    private sealed class Mapper : IKafkaEnvelopeMapper
    {
        public void MapEnvelopeToOutgoing(Envelope envelope, Message<string, byte[]> outgoing)
        {
            var message = (FeedMessage)envelope.Message!; // All that is sent here.
            outgoing.Key = message.Shard.ToString(CultureInfo.InvariantCulture); // Equal keys are in one partition, which has an order.
            outgoing.Timestamp = new Timestamp(message.At);
            foreach (var (name, value) in FeedHeaders.Of(message))
            {
                outgoing.Headers.Add(name, Encoding.UTF8.GetBytes(value));
            }

            // By which Wolverine knows what it receives; RabbitMQ has properties for these.
            outgoing.Headers.Add("message-type", Encoding.UTF8.GetBytes(message.Type));
            outgoing.Headers.Add("content-type", Encoding.UTF8.GetBytes(FeedHeaders.ContentType));
        }

        public void MapIncomingToEnvelope(Envelope envelope, Message<string, byte[]> incoming) =>
            throw new NotSupportedException("A feed receives nothing.");
    }
}
