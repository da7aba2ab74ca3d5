using Monolith.Adapters.Tests.Suites;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;

namespace Monolith.Adapters.Tests.RabbitMq;

[Collection(RabbitFixture.Collection)]
public class RabbitQueueTests : QueueContract
{
    private RabbitNode? _node;

    protected override TimeSpan Step => TimeSpan.FromMilliseconds(10);

    protected virtual int Count => 1;

    internal override async ValueTask<(IQueue Queue, Shards Shards)> StartAsync(FakeClock clock)
    {
        var server = await RabbitFixture.ServerAsync();
        var shards = TestShards.Over([.. Enumerable.Range(0, Count).Select(_ => new MemoryStore(clock))]);
        _node = await new RabbitNode(server.Url(RabbitFixture.OwnQueues()), shards, clock, "job", "other").StartAsync();
        return (_node.Queue, shards);
    }

    protected override ValueTask StopAsync() => _node?.DisposeAsync() ?? default;

    protected override Task ArriveAsync(int count) => _node!.ArriveAsync("job", count, () => Clock.Advance(Step)); // Started before.
}

public sealed class RabbitQueueOnThreeShardsTests : RabbitQueueTests
{
    protected override int Count => 3;
}
