using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>Over three shards, as messages of different buckets come out of one queue.</summary>
[Collection(RabbitFixture.Collection)]
public sealed class RabbitQueueTests : QueueContract
{
    private RabbitNode? _node;

    protected override TimeSpan Step => TimeSpan.FromMilliseconds(10);

    internal override async ValueTask<(IQueue Queue, Shards Shards)> StartAsync(FakeClock clock)
    {
        var server = await RabbitFixture.ServerAsync();
        var shards = TestShards.Over(new MemoryStore(clock), new MemoryStore(clock), new MemoryStore(clock));
        _node = await new RabbitNode(server.Url(RabbitFixture.OwnQueues()), shards, clock, "job", "other").StartAsync();
        return (_node.Queue, shards);
    }

    protected override ValueTask StopAsync() => _node?.DisposeAsync() ?? default;

    protected override Task ArriveAsync(int count) => _node!.ArriveAsync("job", count, () => Clock.Advance(Step)); // Started before.
}
