using Monolith.Adapters.RabbitMq;
using RabbitMQ.Client;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>Whatever a broker does to messages on the way, each is taken once.</summary>
[Collection(RabbitFixture.Collection)]
public sealed class RabbitBrokerTests : RabbitScene
{
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
        Assert.DoesNotContain(nameof(IStore.ReserveAsync), Calls);
        Assert.Equal(20, node.Counts["published"]);
        Assert.Equal(0, node.Counts.GetValueOrDefault("stale"));
    }

    [Fact]
    public async Task Leaves_in_the_stores_what_is_not_due_and_what_is_sent_while_it_ends()
    {
        var node = await NodeAsync();
        var later = Real.GetUtcNow().AddSeconds(1);
        await SendAsync(1, later);
        Assert.Equal(later.ToUnixTimeMilliseconds(), (await Store.NextDueAsync(["job"], Cancellation))!.Value.ToUnixTimeMilliseconds());
        await TakeAsync(node, 1);
        Assert.True(Real.GetUtcNow() >= later);

        await node.Relay.StopAsync(Cancellation);
        await SendAsync(1);
        Assert.True(await Store.NextDueAsync(["job"], Cancellation) <= Real.GetUtcNow());
    }

    [Fact]
    public async Task Puts_aside_what_cannot_be_read_and_goes_on()
    {
        var node = await NodeAsync();
        var properties = new BasicProperties { Type = "job", MessageId = "poison" };
        await WithChannelAsync(async channel =>
        {
            await channel.BasicPublishAsync("", Queue("job"), mandatory: true, properties, "not one of ours"u8.ToArray(), Cancellation);
            await channel.BasicPublishAsync(
                "", Queue("job"), mandatory: true, new BasicProperties(), RabbitMessage.Write(Reserved()), Cancellation);
            return 0;
        });

        await SendAsync(1);

        await TakeAsync(node, 1);
        Assert.Equal(2, node.Counts["unreadable"]);
        await Eventually.IsSoAsync(
            async () => await WithChannelAsync(channel => channel.MessageCountAsync(Queue("dead"), Cancellation)) == 2);
        Assert.Equal(
            "poison",
            (
                await WithChannelAsync(
                    async channel => await channel.BasicGetAsync(Queue("dead"), autoAck: true, Cancellation)))!.BasicProperties.MessageId);
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
    public async Task Leaves_nothing_behind_when_it_comes_and_finds_out_whether_the_broker_works()
    {
        var first = await NodeAsync();
        await SendAsync(1);
        await PublishedAsync(first, 1);
        await NodeAsync();

        await Task.Delay(TimeSpan.FromSeconds(1.5), Cancellation);

        Assert.Equal(1U, await WithChannelAsync(channel => channel.MessageCountAsync(Queue("job"), Cancellation)));
        Assert.Equal(0U, await WithChannelAsync(channel => channel.MessageCountAsync(Queue("dead"), Cancellation)));
        await TakeAsync(first, 1);
    }

    [Fact]
    public async Task Tells_how_much_waits_and_where()
    {
        await SendAsync(1500);
        var node = await NodeAsync("&window=20");

        await Eventually.IsSoAsync(() => node.Counts.GetValueOrDefault("depth.store") > 0);
        await Eventually.IsSoAsync(
            () => node.Counts["depth.store"] + node.Counts["depth.broker"] == 1500 && node.Counts["depth.broker"] >= 20);
    }
}
