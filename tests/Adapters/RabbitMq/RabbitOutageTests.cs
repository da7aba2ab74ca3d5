using RabbitMQ.Client;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>Whatever is wrong with a broker, messages are taken, and through it again when it works.</summary>
[Collection(RabbitFixture.Collection)]
public sealed class RabbitOutageTests : RabbitScene
{
    [Fact]
    public async Task Makes_its_queues_again_when_an_operator_deleted_them()
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

        await Server.KillAsync();
        await Eventually.IsSoAsync(() => node.Queue.Fault is not null);
        var during = await SendAsync(20);
        var taken = await TakeAsync(node, 25);
        Assert.Equal(lying.Concat(during).Order(), taken.Select(m => m.Id).Order());
        Assert.Equal(25, node.Counts["taken.store"]);
        Assert.StartsWith($"RabbitMQ 127.0.0.1:{Server.Port}: ", node.Queue.Fault, StringComparison.Ordinal);

        await Server.RestartAsync();
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
        await Server.HangAsync();
        try
        {
            var sent = await SendAsync(300);

            var taken = await TakeAsync(node, 300, 100);

            Assert.Equal(sent.Order(), taken.Select(m => m.Id).Order());
            Assert.EndsWith("in time", node.Queue.Fault, StringComparison.Ordinal);
        }
        finally
        {
            await Server.ResumeAsync();
        }

        await SendAsync(1);
        await TakeAsync(node, 1);
        await Eventually.IsSoAsync(() => node.Queue.Fault is null, () => node.Queue.Fault);
    }

    [Fact]
    public async Task Sends_nothing_while_the_broker_is_short_of_memory_and_works_from_the_stores()
    {
        var node = await NodeAsync("&lease=1s");
        await Server.ControlAsync("set_vm_memory_high_watermark", "0.0000001");
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
            await Server.ControlAsync("set_vm_memory_high_watermark", "0.4");
        }

        await Eventually.IsSoAsync(() => node.Queue.Fault is null, () => node.Queue.Fault);
    }

    [Fact]
    public async Task Works_from_the_stores_when_the_broker_was_short_of_memory_before()
    {
        await (await RabbitFixture.ServerAsync()).ControlAsync("set_vm_memory_high_watermark", "0.0000001");
        var node = await NotReadyAsync();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            Assert.NotNull(node.Relay.Fault);
            var sent = await SendAsync(3);
            Assert.Equal(sent.Order(), (await TakeAsync(node, 3)).Select(m => m.Id).Order());
        }
        finally
        {
            await Server.ControlAsync("set_vm_memory_high_watermark", "0.4");
        }

        await Eventually.IsSoAsync(() => node.Relay.Fault is null, () => node.Relay.Fault);
    }

    [Fact]
    public async Task Works_from_the_stores_while_a_queue_has_no_leader()
    {
        var first = await NodeAsync();
        await first.Relay.StopAsync(Cancellation);
        await LeaderAsync("stop_server");
        var node = await NotReadyAsync("&timeout=1s");
        var sent = await SendAsync(3);
        Assert.Equal(sent.Order(), (await TakeAsync(node, 3)).Select(m => m.Id).Order());
        Assert.NotNull(node.Relay.Fault);

        await LeaderAsync("restart_server");

        await Eventually.IsSoAsync(() => node.Relay.Fault is null, () => node.Relay.Fault);

        Task LeaderAsync(string what) => Server.ControlAsync(
            "eval",
            $$"""
            {ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"{{Queue("job")}}">>)),
            ra:{{what}}(quorum_queues, amqqueue:get_pid(Q)).
            """);
    }
}
