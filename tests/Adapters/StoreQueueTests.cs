using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public class StoreQueueTests : QueueContract
{
    private static readonly TimeProvider _real = TimeProvider.System;
    private static readonly TakeMessages _request = new(["job"], 1, "node", TimeSpan.FromMinutes(1));

    protected virtual int Count => 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal override async ValueTask<(IQueue Queue, Shards Shards)> StartAsync(FakeClock clock)
    {
        var shards = await StartShardsAsync(clock);
        return (new StoreQueue(shards, clock), shards);
    }

    private protected virtual ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        ValueTask.FromResult(TestShards.Over([.. Enumerable.Range(0, Count).Select(_ => new MemoryStore(clock))]));

    [Fact]
    public async Task Is_woken_by_a_commit_and_by_a_release_and_does_not_wait_for_its_next_poll()
    {
        var clock = new FakeClock(); // Its next poll never comes.
        await using var shards = TestShards.Over([.. Enumerable.Range(0, Count).Select(_ => new MemoryStore(clock))]);
        var queue = new StoreQueue(shards, clock);

        var taking = queue.TakeAsync(_request, Cancellation).AsTask();
        await RestAsync(clock);
        await SendAsync(shards, "job");
        Assert.Single(await Eventually.ComesAsync(taking));
        taking = queue.TakeAsync(_request, Cancellation).AsTask();
        await RestAsync(clock);
        await queue.ReleaseAllAsync("node", Cancellation);
        Assert.Single(await Eventually.ComesAsync(taking));
    }

    [Fact]
    public async Task Asks_a_busy_store_now_and_then_only()
    {
        var clock = new FakeClock();
        var (looks, takes) = (0, 0);
        await using var shards = TestShards.Over(InterceptedStore.Before(
            new MemoryStore(clock),
            method => _ = method switch
            {
                "NextDueAsync" => Interlocked.Increment(ref looks), "TakeAsync" => Interlocked.Increment(ref takes), _ => 0,
            }));
        var taking = new StoreQueue(shards, clock).TakeAsync(_request, Cancellation).AsTask();

        for (var rests = 1; rests <= 20; rests++)
        {
            for (var commits = 0; commits < 5; commits++)
            {
                await SendAsync(shards, "other");
            }

            Assert.Equal(rests, Volatile.Read(ref looks));
            await RestAsync(clock);
            await Eventually.IsSoAsync(() => Volatile.Read(ref looks) == rests + 1);
        }

        Assert.Equal(0, takes);
        await SendAsync(shards, "job");
        await RestAsync(clock);
        Assert.Single(await Eventually.ComesAsync(taking));
    }

    [Fact]
    public async Task Goes_on_with_the_other_shards_while_one_is_down()
    {
        var down = InterceptedStore.Before(
            new MemoryStore(_real), _ => throw new StoreUnavailableException("down", isFull: false, cause: null));
        await using var one = TestShards.Over(down);
        await using var two = TestShards.Over(down, new MemoryStore(_real));
        var queue = new StoreQueue(two, _real);

        // Twice, because each begins with another shard.
        for (var i = 0; i < 2; i++)
        {
            await SendAsync(two, "job");
            Assert.Single(await Eventually.ComesAsync(queue.TakeAsync(_request, Cancellation).AsTask()));
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await new StoreQueue(one, _real).TakeAsync(_request, Cancellation));
    }

    // Lets the rest after a look pass, which is the only thing that time passes for.
    private static async Task RestAsync(FakeClock clock)
    {
        await Eventually.IsSoAsync(() => clock.NextDue is not null);
        clock.Advance(TimeSpan.FromMilliseconds(5));
    }

    private static async Task SendAsync(Shards shards, string kind)
    {
        var bucket = new Bucket(1);
        var message = new SendMessage(Id.New(_real, bucket), kind, bucket, 0, _real.GetUtcNow(), []);
        await shards.Of(bucket).CommitAsync(new Commit { Id = Id.New(_real, bucket), Bucket = bucket, Messages = [message] }, Cancellation);
    }
}

public sealed class StoreQueueOnThreeShardsTests : StoreQueueTests
{
    protected override int Count => 3;
}

public sealed class StoreQueueOnSqliteTests : StoreQueueTests, IDisposable
{
    private readonly SqliteDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private protected override async ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        TestShards.Over(await _directory.OpenAsync(clock));
}
