using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;

namespace Monolith.Adapters.Tests;

public class StoreQueueTests : QueueContract
{
    protected virtual int Count => 1;

    internal override ValueTask<(IQueue Queue, Shards Shards)> StartAsync(FakeClock clock)
    {
        var shards = TestShards.Over([.. Enumerable.Range(0, Count).Select(_ => new MemoryStore(clock))]);
        return ValueTask.FromResult<(IQueue, Shards)>((new StoreQueue(shards, clock), shards));
    }
}

public sealed class StoreQueueOnThreeShardsTests : StoreQueueTests
{
    protected override int Count => 3;
}
