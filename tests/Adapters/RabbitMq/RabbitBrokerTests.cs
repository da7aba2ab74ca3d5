using System.Collections.Concurrent;
using Monolith.Adapters.RabbitMq;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;
using RabbitMQ.Client;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>Whatever a broker does to messages on the way, each is taken once.</summary>
[Collection(RabbitFixture.Collection)]
public sealed class RabbitBrokerTests : IAsyncDisposable
{
    private static readonly TimeProvider _real = TimeProvider.System;
    private static readonly TimeSpan _lease = TimeSpan.FromMinutes(1);

    private readonly MemoryStore _store = new(_real);
    private readonly Shards _shards;
    private readonly ConcurrentQueue<string> _calls = [];
    private readonly List<RabbitNode> _nodes = [];
    private readonly string _queues = RabbitFixture.OwnQueues();
    private RabbitTestServer _server = null!; // Set by the first line of each test.

    public RabbitBrokerTests() => _shards = TestShards.Over(InterceptedStore.Before(_store, _calls.Enqueue));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _shards.DisposeAsync();
    }

    [Fact]
    public async Task Takes_each_message_once_when_the_broker_doubles_and_shuffles_them()
    {
        var node = await NodeAsync();
        var sent = await SendAsync(40);
        await PublishedAsync(node, 40);
        await AlterAsync(copies => copies.Concat(copies).Concat(copies).OrderBy(_ => Random.Shared.Next()));

        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => TakeAllAsync(node), Cancellation)));

        Assert.Equal(sent.Order(), taken.SelectMany(t => t).Select(m => m.Id).Order());
        Assert.Equal(80, node.Counts["stale"]);
        Assert.All(taken.SelectMany(t => t), m => Assert.Equal(1, m.Token));
    }

    [Fact]
    public async Task Sends_again_what_the_broker_lost()
    {
        var node = await NodeAsync("&lease=1s");
        var sent = await SendAsync(10);
        await PublishedAsync(node, 10);
        await AlterAsync(copies => copies.Skip(5));

        var taken = await TakeAsync(node, 10);

        Assert.Equal(sent.Order(), taken.Select(m => m.Id).Order());
        Assert.All(taken, m => Assert.Equal(1, m.Token)); // No attempt was lost with them.
    }

    [Fact]
    public async Task Sends_what_was_just_stored_without_looking_for_it_in_the_stores()
    {
        var node = await NodeAsync();
        var sent = await SendAsync(20);
        var taken = await TakeAsync(node, 20);

        Assert.Equal(sent.Order(), taken.Select(m => m.Id).Order());
        Assert.DoesNotContain(nameof(IStore.LendAsync), _calls);
        Assert.Equal(20, node.Counts["published"]);
        Assert.Equal(0, node.Counts.GetValueOrDefault("stale"));
    }

    [Fact]
    public async Task Leaves_in_the_stores_what_is_not_due_and_what_is_sent_while_it_ends()
    {
        var node = await NodeAsync();
        var later = _real.GetUtcNow().AddSeconds(1);
        await SendAsync(1, later);
        Assert.Equal(later.ToUnixTimeMilliseconds(), (await _store.NextDueAsync(["job"], Cancellation))!.Value.ToUnixTimeMilliseconds());
        await TakeAsync(node, 1);
        Assert.True(_real.GetUtcNow() >= later);

        await node.Relay.StopAsync(Cancellation);
        await SendAsync(1);
        Assert.True(await _store.NextDueAsync(["job"], Cancellation) <= _real.GetUtcNow());
    }

    [Fact]
    public async Task Puts_aside_what_cannot_be_read_and_goes_on()
    {
        var node = await NodeAsync();
        var properties = new BasicProperties { Type = "job", MessageId = "poison" };
        await WithChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync("", Queue("job"), mandatory: true, properties, "not one of ours"u8.ToArray(), Cancellation);
            await channel.BasicPublishAsync("", Queue("job"), mandatory: true, new BasicProperties(), RabbitMessage.Write(Lent()), Cancellation);
            return 0;
        });

        await SendAsync(1);

        await TakeAsync(node, 1);
        Assert.Equal(2, node.Counts["unreadable"]);
        await Eventually.IsSoAsync(async () => await WithChannelAsync(channel => channel.MessageCountAsync(Queue("dead"), Cancellation)) == 2);
        Assert.Equal("poison", (await WithChannelAsync(async channel => await channel.BasicGetAsync(Queue("dead"), autoAck: true, Cancellation)))!.BasicProperties.MessageId);
    }

    [Fact]
    public async Task Keeps_a_backlog_in_the_stores_and_does_not_send_it_again_and_again()
    {
        var node = await NodeAsync("&window=20&lease=300ms");
        await SendAsync(1500);
        await PublishedAsync(node, 20);
        var published = node.Counts["published"];
        Assert.InRange(published, 20, 20 + 256);

        // The lease of all of these runs out several times.
        await Task.Delay(TimeSpan.FromSeconds(1.5), Cancellation);

        Assert.Equal(published, node.Counts["published"]);
        Assert.InRange(await WithChannelAsync(channel => channel.MessageCountAsync(Queue("job"), Cancellation)), 20U, 20U + 256);
        var taken = await TakeAsync(node, 1500, 100);
        Assert.Equal(1500, taken.Select(m => m.Id).Distinct().Count());
    }

    [Fact]
    public async Task Gives_back_what_arrived_for_workers_that_are_busy()
    {
        var (busy, idle) = (await NodeAsync(), await NodeAsync());
        await SendAsync(8);
        var first = await busy.Queue.TakeAsync(Request(1), Cancellation);
        Assert.Single(first);

        await TakeAsync(idle, 7);
    }

    [Fact]
    public async Task Makes_its_queues_again_when_somebody_deleted_them()
    {
        var node = await NodeAsync();
        await SendAsync(1);
        await TakeAsync(node, 1);
        var taking = TakeAsync(node, 1); // Receives, and nothing comes.
        await WithChannelAsync(channel => channel.QueueDeleteAsync(Queue("job"), cancellationToken: Cancellation));

        await SendAsync(1);

        await taking;
        Assert.Null(node.Queue.Fault);
    }

    [Fact]
    public async Task Goes_on_from_the_stores_while_the_broker_is_killed_and_through_it_when_it_is_back()
    {
        var node = await NodeAsync("&lease=1s");
        await SendAsync(3);
        await TakeAsync(node, 3);
        Assert.Equal(0, node.Counts.GetValueOrDefault("taken.store"));
        var lying = await SendAsync(5);
        await PublishedAsync(node, 8);

        await _server.KillAsync();
        await Eventually.IsSoAsync(() => node.Queue.Fault is not null);
        var during = await SendAsync(20);
        var taken = await TakeAsync(node, 25);
        Assert.Equal(lying.Concat(during).Order(), taken.Select(m => m.Id).Order());
        Assert.Equal(25, node.Counts["taken.store"]);
        Assert.StartsWith($"RabbitMQ 127.0.0.1:{_server.Port}: ", node.Queue.Fault, StringComparison.Ordinal);

        await _server.RestartAsync();
        await Eventually.IsSoAsync(() => node.Queue.Fault is null, () => node.Queue.Fault);
        var before = node.Counts["taken.broker"];
        await SendAsync(4);
        await TakeAsync(node, 4);
        Assert.Empty(await TakeAllAsync(node)); // None of those that the broker had kept.
        Assert.Equal(before + 4, node.Counts["taken.broker"]);
    }

    [Fact]
    public async Task Goes_on_from_the_stores_while_the_broker_hangs()
    {
        var node = await NodeAsync("&lease=1s&timeout=500ms");
        await SendAsync(3);
        await TakeAsync(node, 3);
        await _server.HangAsync();
        try
        {
            var sent = await SendAsync(300);

            var taken = await TakeAsync(node, 300, 100);

            Assert.Equal(sent.Order(), taken.Select(m => m.Id).Order());
            Assert.EndsWith("in time", node.Queue.Fault, StringComparison.Ordinal);
        }
        finally
        {
            await _server.ResumeAsync();
        }

        await SendAsync(1);
        await TakeAsync(node, 1);
        await Eventually.IsSoAsync(() => node.Queue.Fault is null, () => node.Queue.Fault);
    }

    [Fact]
    public async Task Sends_nothing_while_the_broker_is_short_of_memory_and_works_from_the_stores()
    {
        var node = await NodeAsync("&lease=1s");
        await _server.ControlAsync("set_vm_memory_high_watermark", "0.0000001");
        try
        {
            // The broker says so to a connection that publishes.
            var sent = await SendAsync(1);
            await Eventually.IsSoAsync(() => node.Queue.Fault is not null);
            Assert.EndsWith("short of memory or disk", node.Queue.Fault, StringComparison.Ordinal);
            sent.AddRange(await SendAsync(3));
            var taken = await TakeAsync(node, 4);
            Assert.Equal(sent.Order(), taken.Select(m => m.Id).Order());
        }
        finally
        {
            await _server.ControlAsync("set_vm_memory_high_watermark", "0.4");
        }

        await Eventually.IsSoAsync(() => node.Queue.Fault is null, () => node.Queue.Fault);
    }

    [Fact]
    public async Task Tells_how_much_waits_and_where()
    {
        await SendAsync(1500);
        var node = await NodeAsync("&window=20");

        await Eventually.IsSoAsync(() => node.Counts.GetValueOrDefault("depth.store") > 0);
        await Eventually.IsSoAsync(() => node.Counts["depth.store"] + node.Counts["depth.broker"] == 1500 && node.Counts["depth.broker"] >= 20);
    }

    private async Task<RabbitNode> NodeAsync(string more = "")
    {
        _server = await RabbitFixture.ServerAsync();
        var node = new RabbitNode(_server.Url(_queues + more), _shards, _real, "job");
        _nodes.Add(node);
        return await node.StartAsync();
    }

    private string Queue(string name) => $"{_queues["?queues=".Length..]}.{name}";

    private static TakeMessages Request(int max) => new(["job"], max, "node", _lease);

    private static LentMessage Lent() => new(Id.New(_real, new Bucket(1)), "job", new Bucket(1), 0, [], 0);

    // So many, in as many calls as it takes.
    private static async Task<List<TakenMessage>> TakeAsync(RabbitNode node, int count, int max = 10)
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
    private static async Task<List<TakenMessage>> TakeAllAsync(RabbitNode node, int max = 10)
    {
        var taken = new List<TakenMessage>();
        while (await node.Queue.TakeAsync(Request(max), Cancellation) is { Count: > 0 } some)
        {
            taken.AddRange(some);
        }

        return taken;
    }

    private static Task PublishedAsync(RabbitNode node, long count) => Eventually.IsSoAsync(() => node.Counts.GetValueOrDefault("published") >= count);

    private async Task<List<Guid>> SendAsync(int count, DateTimeOffset? due = null)
    {
        var bucket = new Bucket(1);
        var messages = Enumerable.Range(0, count).Select(_ => new SendMessage(Id.New(_real, bucket), "job", bucket, 0, due ?? _real.GetUtcNow(), [])).ToList();
        await _shards.Of(bucket).CommitAsync(new Commit { Id = Id.New(_real, bucket), Bucket = bucket, Messages = messages }, Cancellation);
        return messages.ConvertAll(m => m.Id);
    }

    /// <summary>Takes everything out of the queue and puts something else in.</summary>
    private Task<int> AlterAsync(Func<List<BasicGetResult>, IEnumerable<BasicGetResult>> alter) => WithChannelAsync(async channel =>
    {
        var copies = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(Queue("job"), autoAck: true, Cancellation) is { } copy)
        {
            copies.Add(copy);
        }

        foreach (var copy in alter(copies))
        {
            await channel.BasicPublishAsync("", Queue("job"), mandatory: true, new BasicProperties(copy.BasicProperties), copy.Body, Cancellation);
        }

        return copies.Count;
    });

    private async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> use)
    {
        await using var connection = await RabbitNode.SettingsOf(_server.Url()).ConnectAsync("test", Cancellation);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
        return await use(channel);
    }
}
