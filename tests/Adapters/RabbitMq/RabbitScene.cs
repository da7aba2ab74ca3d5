using System.Collections.Concurrent;
using RabbitMQ.Client;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>Nodes over one store, a queue of their own in the broker, and what a test does to it.</summary>
public abstract class RabbitScene : IAsyncDisposable
{
    private static readonly TimeSpan _lease = TimeSpan.FromMinutes(1);

    private readonly Shards _shards;
    private readonly List<RabbitNode> _nodes = [];
    private readonly string _queues = RabbitFixture.OwnQueues();

    protected RabbitScene() => _shards = TestShards.Over(InterceptedStore.Before(Store, Calls.Enqueue));

    private protected static TimeProvider Real => TimeProvider.System;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected IStore Store { get; } = new MemoryStore(Real);

    /// <summary>What the store was asked, by the names of its methods.</summary>
    private protected ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>There once a node is.</summary>
    private protected RabbitTestServer Server { get; private set; } = null!;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _shards.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<RabbitNode> NodeAsync(string more = "")
    {
        var node = await NotReadyAsync(more);
        await Eventually.IsSoAsync(() => node.Relay.Fault is null, () => node.Relay.Fault);
        return node;
    }

    private protected async Task<RabbitNode> NotReadyAsync(string more = "")
    {
        Server = await RabbitFixture.ServerAsync();
        var node = new RabbitNode(Server.Url(_queues + more), _shards, Real, "job");
        _nodes.Add(node);
        await node.Relay.StartAsync(Cancellation);
        return node;
    }

    private protected string Queue(string name) => $"{_queues["?queues=".Length..]}.{name}";

    private protected static TakeMessages Request(int max) => new(["job"], max, "node", _lease);

    private protected static ReservedMessage Reserved() => new(Id.New(Real, new Bucket(1)), "job", new Bucket(1), 0, [], 0);

    // So many, in as many calls as it takes.
    private protected static async Task<List<TakenMessage>> TakeAsync(RabbitNode node, int count, int max = 10)
    {
        var taken = new List<TakenMessage>();
        await Eventually.IsSoAsync(async () =>
        {
            taken.AddRange(await node.Queue.TakeAsync(Request(max), Cancellation));
            return taken.Count >= count;
        }, () => $"{taken.Count} of {count}");
        Assert.Equal(count, taken.Count);
        return taken;
    }

    // Until there is nothing more.
    private protected static async Task<List<TakenMessage>> TakeAllAsync(RabbitNode node, int max = 10)
    {
        var taken = new List<TakenMessage>();
        while (await node.Queue.TakeAsync(Request(max), Cancellation) is { Count: > 0 } some)
        {
            taken.AddRange(some);
        }

        return taken;
    }

    private protected static Task PublishedAsync(RabbitNode node, long count) =>
        Eventually.IsSoAsync(() => node.Counts.GetValueOrDefault("published") >= count);

    private protected async Task<List<Guid>> SendAsync(int count, DateTimeOffset? due = null)
    {
        var bucket = new Bucket(1);
        var messages = Enumerable.Range(0, count).Select(
            _ => new SendMessage(Id.New(Real, bucket), "job", bucket, 0, due ?? Real.GetUtcNow(), [])).ToList();
        await _shards.Of(bucket).CommitAsync(new Commit { Id = Id.New(Real, bucket), Bucket = bucket, Messages = messages }, Cancellation);
        return messages.ConvertAll(m => m.Id);
    }

    /// <summary>Takes everything out of the queue and puts something else in.</summary>
    private protected Task<int> AlterAsync(Func<List<BasicGetResult>, IEnumerable<BasicGetResult>> alter) =>
        WithChannelAsync(async channel =>
    {
        var copies = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(Queue("job"), autoAck: true, Cancellation) is { } copy)
        {
            copies.Add(copy);
        }

        foreach (var copy in alter(copies))
        {
            await channel.BasicPublishAsync(
                "", Queue("job"), mandatory: true, new BasicProperties(copy.BasicProperties), copy.Body, Cancellation);
        }

        return copies.Count;
    });

    private protected async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> use)
    {
        await using var connection = await RabbitNode.SettingsOf(Server.Url()).ConnectAsync("test", Cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        return await use(channel);
    }
}
