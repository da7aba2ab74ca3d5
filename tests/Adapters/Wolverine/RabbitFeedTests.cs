using System.Text;
using Monolith.Adapters.Tests.RabbitMq;
using Monolith.Adapters.Tests.Suites;
using Monolith.Adapters.Wolverine;
using RabbitMQ.Client;

namespace Monolith.Adapters.Tests.Wolverine;

[Collection(RabbitFixture.Collection)]
public sealed class RabbitFeedTests : FeedContract
{
    private static int _names;

    private readonly string _name = $"feed-{Interlocked.Increment(ref _names)}";
    private IConnection? _connection;

    private string Queue => $"{_name}.crm";

    [Fact]
    public async Task Loses_nothing_when_the_broker_is_killed()
    {
        var server = await RabbitFixture.ServerAsync();
        var feed = await FeedAsync("&timeout=2s");
        await feed.WatchAsync();
        var (sent, receiver) = (Messages(shard: 0, 600), new FeedReceiver());
        await feed.Feed.PublishAsync(sent[..200], Cancelled);

        await server.KillAsync();

        await Assert.ThrowsAsync<FeedUnavailableException>(async () => await feed.Feed.PublishAsync(sent[200..400], Cancelled));
        await Eventually.IsSoAsync(() => feed.Fault is not null);
        Assert.StartsWith($"RabbitMQ 127.0.0.1:{server.Port}: ", feed.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', feed.Fault!); // Looked at above.

        await server.RestartAsync();
        await Eventually.IsSoAsync(() => feed.Fault is null, () => feed.Fault);
        await feed.Feed.PublishAsync(sent[200..400], Cancelled);
        await feed.Feed.PublishAsync(sent[400..], Cancelled);
        Assert.All(await ReceiveAsync(600), message => Assert.True(receiver.Take(message)));
        Assert.Equal(sent.Select(m => m.Id), receiver.Applied.Select(m => m.Id));
    }

    // Without confirmations from the broker this counts as sent.
    [Fact]
    public async Task Says_that_a_message_was_not_sent_which_the_broker_refuses_to_store()
    {
        var feed = await FeedAsync();
        await (await ChannelAsync()).QueueDeclareAsync($"{_name}.full", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" }, cancellationToken: Cancelled);
        var sent = Messages(shard: 0, 2);
        await feed.Feed.PublishAsync([sent[0]], Cancelled);
        await (await ChannelAsync()).QueueBindAsync($"{_name}.full", _name, "", cancellationToken: Cancelled);
        await feed.Feed.PublishAsync([sent[1]], Cancelled);

        await Assert.ThrowsAsync<FeedUnavailableException>(async () => await feed.Feed.PublishAsync([sent[1]], Cancelled));
    }

    [Fact]
    public async Task Is_behind_a_hanging_broker_until_it_answers_again()
    {
        var server = await RabbitFixture.ServerAsync();
        var feed = await FeedAsync("&timeout=1s");
        await feed.WatchAsync();
        var (sent, receiver) = (Messages(shard: 0, 2), new FeedReceiver());
        await feed.Feed.PublishAsync([sent[0]], Cancelled);
        await server.HangAsync();
        try
        {
            await Assert.ThrowsAsync<FeedUnavailableException>(async () => await feed.Feed.PublishAsync([sent[1]], Cancelled));
            Assert.EndsWith(": it does not answer in time", feed.Fault, StringComparison.Ordinal);
        }
        finally
        {
            await server.ResumeAsync();
        }

        await Eventually.IsSoAsync(() => feed.Fault is null, () => feed.Fault);
        await feed.Feed.PublishAsync([sent[1]], Cancelled);
        var received = await ReceiveAsync(2);
        Assert.All(received, message => Assert.True(receiver.Take(message)));
        Assert.Equal(sent.Select(m => m.Id), receiver.Applied.Select(m => m.Id));
    }

    [Fact]
    public async Task Gives_all_of_it_to_each_queue_and_needs_none()
    {
        var (adapter, url) = await BrokerAsync();
        var feed = Started(adapter, url.Replace(Queue, $"{Queue},{_name}.billing", StringComparison.Ordinal));
        var alone = Started(adapter, url.Split("&queues")[0].Replace(_name, $"{_name}.alone", StringComparison.Ordinal));
        var sent = Messages(shard: 0, 3);

        await alone.Feed.PublishAsync(sent, Cancelled);
        await feed.Feed.PublishAsync(sent, Cancelled);

        Assert.Equal(sent.Select(m => m.Id), (await ReceiveAsync(3)).Select(m => m.Id));
        Assert.Equal(sent.Select(m => m.Id), (await ReceiveAsync(3, $"{_name}.billing")).Select(m => m.Id));
    }

    [Fact]
    public async Task Says_when_the_broker_has_something_else_by_its_name()
    {
        var (adapter, url) = await BrokerAsync();
        await (await ChannelAsync()).ExchangeDeclareAsync(_name, "topic", durable: true, cancellationToken: Cancelled);
        var feed = Started(adapter, url);

        await Assert.ThrowsAsync<FeedUnavailableException>(async () => await feed.Feed.PublishAsync(Messages(0, 1), Cancelled));

        Assert.Contains("choose another \"exchange\"", feed.Fault, StringComparison.Ordinal);
    }

    private protected override async Task<(IAdapter Adapter, string Url)> BrokerAsync() => (
        new RabbitFeedAdapter(), (await RabbitFixture.ServerAsync()).Url($"?exchange={_name}&queues={Queue}"));

    private protected override Task<List<FeedMessage>> ReceiveAsync(int count) => ReceiveAsync(count, Queue);

    private protected override ValueTask EndAsync() => _connection?.DisposeAsync() ?? default;

    private async Task<List<FeedMessage>> ReceiveAsync(int count, string queue)
    {
        var (received, channel) = (new List<FeedMessage>(), await ChannelAsync());
        await Eventually.IsSoAsync(async () =>
        {
            while (await channel.BasicGetAsync(queue, autoAck: true, Cancelled) is { } got)
            {
                var headers = got.BasicProperties.Headers!; // Each message has some.
                received.Add(Read(name => headers.TryGetValue(name, out var text) ? Encoding.UTF8.GetString((byte[])text!) : null,
                    got.Body.ToArray()));
                var properties = got.BasicProperties;
                Assert.Equal(
                    ($"{received[^1].Id}", received[^1].Type, "application/json", true),
                    (properties.MessageId, properties.Type, properties.ContentType, properties.Persistent));
            }

            return received.Count >= count;
        }, () => $"{received.Count} of {count}");
        return received;
    }

    private async Task<IChannel> ChannelAsync()
    {
        var server = await RabbitFixture.ServerAsync();
        if (_connection?.IsOpen != true)
        {
            _connection = await new ConnectionFactory { Uri = new Uri(server.Url()) }.CreateConnectionAsync(Cancelled);
        }

        return await _connection.CreateChannelAsync(cancellationToken: Cancelled);
    }
}
