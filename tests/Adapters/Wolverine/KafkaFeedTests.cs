using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Monolith.Adapters.Tests.Suites;
using Monolith.Adapters.WolverineKafka;

namespace Monolith.Adapters.Tests.Wolverine;

/// <summary>Against the broker that the native library has for its own tests: it speaks the protocol and keeps nothing.</summary>
public sealed class KafkaFeedTests : FeedContract
{
    private const string Topic = "monolith.feed";

    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IProducer<Null, Null>? _broker;

    [Fact]
    public async Task Says_that_its_messages_were_not_sent_when_the_broker_is_gone()
    {
        var feed = await FeedAsync("&timeout=1s");
        var sent = Messages(shard: 0, 2);
        await feed.Feed.PublishAsync([sent[0]], Cancelled);
        _broker!.Dispose(); // The feed was given its address.
        _broker = null;

        await Assert.ThrowsAsync<FeedUnavailableException>(async () => await feed.Feed.PublishAsync([sent[1]], Cancelled));

        Assert.Matches("^Kafka 127.0.0.1:[0-9]+: it (cannot be reached|does not answer in time)$", feed.Fault);
    }

    private protected override async Task<(IAdapter Adapter, string Url)> BrokerAsync()
    {
        // The broker lives as long as the producer that asked for it, and its address is in the statistics alone.
        var config = new ProducerConfig { BootstrapServers = "any", StatisticsIntervalMs = 50 };
        config.Set("test.mock.num.brokers", "1");
        _broker ??= new ProducerBuilder<Null, Null>(config).SetStatisticsHandler((_, text) =>
        {
            var brokers = JsonNode.Parse(text)!["brokers"]!.AsObject().Select(b => b.Key.Split('/')[0]);
            if (brokers.FirstOrDefault(b => b.StartsWith("127.0.0.1:", StringComparison.Ordinal)) is { } address)
            {
                _address.TrySetResult(address);
            }
        }).SetLogHandler((_, _) => { }).Build();
        return (new KafkaFeedAdapter(), $"kafka://{await Eventually.ComesAsync(_address.Task)}?topic={Topic}");
    }

    private protected override async Task<List<FeedMessage>> ReceiveAsync(int count)
    {
        using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
        {
            BootstrapServers = await _address.Task,
            GroupId = $"{Id.New(TimeProvider.System, Bucket.Here)}",
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(Topic);
        var received = new List<FeedMessage>();
        await Eventually.IsSoAsync(() =>
        {
            while (consumer.Consume(TimeSpan.FromMilliseconds(200)) is { Message: { } message })
            {
                received.Add(Read(
                    name => message.Headers.TryGetLastBytes(name, out var text) ? Encoding.UTF8.GetString(text) : null, message.Value));
                Assert.Equal($"{received[^1].Shard}", message.Key);
            }

            return received.Count >= count;
        }, () => $"{received.Count} of {count}");
        consumer.Close();
        return received;
    }

    private protected override ValueTask EndAsync()
    {
        _broker?.Dispose();
        return ValueTask.CompletedTask;
    }
}
