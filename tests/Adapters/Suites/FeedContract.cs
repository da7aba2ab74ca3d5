using System.Globalization;
using System.Text;
using Monolith.Adapters.Tests.Wolverine;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every feed does: nothing is lost, order within a shard, and receivers can tell copies and gaps.</summary>
public abstract class FeedContract : IAsyncDisposable
{
    private readonly List<StartedFeed> _feeds = [];

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The adapter, its URL, and what is there before a message is sent.</summary>
    private protected abstract Task<(IAdapter Adapter, string Url)> BrokerAsync();

    /// <summary>Reads what lies in the broker as any client does, in the order of the broker: at least so much.</summary>
    private protected abstract Task<List<FeedMessage>> ReceiveAsync(int count);

    public async ValueTask DisposeAsync()
    {
        foreach (var feed in _feeds)
        {
            await feed.DisposeAsync();
        }

        await EndAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Brings_each_message_with_all_that_belongs_to_it()
    {
        var feed = await FeedAsync();
        var sent = Messages(shard: 3, 2) is [var first, var second]
            ? new[] { first with { TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }, second } : [];

        await feed.Feed.PublishAsync(sent, Cancelled);

        var received = await ReceiveAsync(2);
        Assert.Equal(sent.Select(Text), received.Select(Text));
        Assert.Null(feed.Fault);
    }

    [Fact]
    public async Task Keeps_the_order_of_each_shard_page_by_page()
    {
        var feed = await FeedAsync();
        var shards = Enumerable.Range(0, 3).Select(shard => Messages(shard, 700)).ToList();

        await Task.WhenAll(shards.Select(async messages =>
        {
            foreach (var page in messages.Chunk(350))
            {
                await feed.Feed.PublishAsync(page, Cancelled);
            }
        }));

        var receiver = new FeedReceiver();
        Assert.All(await ReceiveAsync(2100), message => Assert.True(receiver.Take(message)));
        Assert.All(shards, sent => Assert.Equal(
            sent.Select(m => m.Id), receiver.Applied.Where(m => m.Shard == sent[0].Shard).Select(m => m.Id)));
    }

    [Fact]
    public async Task Lets_a_receiver_know_a_copy_and_a_gap()
    {
        var feed = await FeedAsync();
        var sent = Messages(shard: 0, 4);
        await feed.Feed.PublishAsync([sent[0], sent[1]], Cancelled);
        await feed.Feed.PublishAsync([sent[0], sent[1]], Cancelled); // As after a crash before the position was stored.
        await feed.Feed.PublishAsync([sent[3]], Cancelled); // As if one was taken from the broker.

        var (receiver, received) = (new FeedReceiver(), await ReceiveAsync(5));

        Assert.Equal([true, true, true, true, false], received.Select(receiver.Take));
        Assert.Equal(2, receiver.Copies);
        Assert.True(receiver.Take(sent[2])); // Asked for over HTTP.
        Assert.True(receiver.Take(received[4]));
        Assert.Equal(sent.Select(m => m.Id), receiver.Applied.Select(m => m.Id));
    }

    [Fact]
    public async Task Sends_nothing_more_when_it_is_cancelled_and_goes_on_afterwards()
    {
        var feed = await FeedAsync();
        var sent = Messages(shard: 0, 2);
        await feed.Feed.PublishAsync([sent[0]], Cancelled);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await feed.Feed.PublishAsync([sent[0]], new CancellationToken(canceled: true)));
        await feed.Feed.PublishAsync(sent, Cancelled);

        var (receiver, received) = (new FeedReceiver(), await ReceiveAsync(3));
        Assert.All(received, message => Assert.True(receiver.Take(message)));
        Assert.Equal(3, received.Count);
        Assert.Equal(sent.Select(m => m.Id), receiver.Applied.Select(m => m.Id));
        Assert.Null(feed.Fault);
    }

    [Fact]
    public async Task Says_in_one_line_that_there_is_no_broker()
    {
        var (adapter, url) = await BrokerAsync();
        var feed = Started(adapter, url.Replace(new Uri(url).Authority, "127.0.0.1:1", StringComparison.Ordinal) + "&timeout=2s");

        var refused = await Assert.ThrowsAsync<FeedUnavailableException>(
            async () => await feed.Feed.PublishAsync(Messages(shard: 0, 1), Cancelled));

        Assert.Equal(feed.Fault, refused.Message);
        Assert.Matches("^[A-Z][A-Za-z]+ 127.0.0.1:1: it (cannot be reached|does not answer in time)$", feed.Fault);
    }

    private protected async Task<StartedFeed> FeedAsync(string more = "")
    {
        var (adapter, url) = await BrokerAsync();
        return Started(adapter, url + more);
    }

    private protected StartedFeed Started(IAdapter adapter, string url)
    {
        var feed = new StartedFeed(adapter, url);
        _feeds.Add(feed);
        return feed;
    }

    /// <summary>Messages of a shard, as a subscription makes them: with holes between the positions.</summary>
    private protected static List<FeedMessage> Messages(int shard, int count, int from = 0) =>
    [
        .. Enumerable.Range(from, count).Select(i => new FeedMessage(
            Id.New(TimeProvider.System, new Bucket(1)), $"{new Guid(shard + 1, 0, 0, new byte[8])}", shard, (i + 1) * 3, i * 3,
            "users.user-registered.v1", new DateTimeOffset(2030, 1, 1, 0, 0, 0, 123, TimeSpan.Zero), null,
            Encoding.UTF8.GetBytes($$"""{"userId":"{{i}}","name":"Zo\u00eb ✓"}"""))),
    ];

    /// <summary>Reads the headers and the body of a message as docs/receiving.md tells to.</summary>
    private protected static FeedMessage Read(Func<string, string?> header, ReadOnlyMemory<byte> body) => new(
        Guid.Parse(header("id")!), header("store")!, // All but one are always there.
        int.Parse(header("shard")!, CultureInfo.InvariantCulture),
        long.Parse(header("position")!, CultureInfo.InvariantCulture), long.Parse(header("after")!, CultureInfo.InvariantCulture),
        header("type")!, DateTimeOffset.Parse(header("at")!, CultureInfo.InvariantCulture), header("traceparent"), body);

    private protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    private static string Text(FeedMessage message) => $"{message with { Body = default }} {Encoding.UTF8.GetString(message.Body.Span)}";
}
