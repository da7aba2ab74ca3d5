using System.Diagnostics.Metrics;
using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>
/// Copies name the log at which they were made by the number of its shard, so a store that joins under any name takes none of them for its
/// own.
/// </summary>
public sealed class ShardNumberTests : IDisposable
{
    private readonly Meter _meter = new("test");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _meter.Dispose();

    [Fact]
    public Task Copies_in_memory_are_found_and_dropped_as_before() =>
        AreFoundAndDroppedAsync(new MemoryCache(1 << 20, Eviction.Lru, TimeProvider.System, _meter));

    /// <summary>
    /// Keeps a copy of something in each of two SQLite shards, lets a third join whose name comes before theirs, and looks for the copies.
    /// </summary>
    internal static async Task AreFoundAndDroppedAsync(ICache cache)
    {
        using var directory = new SqliteDirectory();
        var buckets = new[] { new Bucket(0), new Bucket(Bucket.Count - 1) };
        await using (var two = await ShardsAsync("b", "c"))
        {
            foreach (var bucket in buckets)
            {
                await CommitAsync(two, bucket, version: 0);
                var copy = Copy(two, bucket, demanded: 1);
                await Copies().FindAsync(copy, Cancellation);
                await Copies().KeepAsync(copy, [(byte)two.Of(bucket).Name[0]], Cancellation);
            }

            foreach (var store in two.Stores)
            {
                await ((SqliteStore)store).DisposeAsync();
            }
        }

        await using var three = await ShardsAsync("a", "b", "c");

        Assert.Equal(("b", "c"), (await FoundAsync(buckets[0]), await FoundAsync(buckets[1])));
        await CommitAsync(three, buckets[1], version: 1);
        await cache.EvictAsync(StreamOf(buckets[1]).Name, three.Of(buckets[1]).Last, Cancellation);
        Assert.Equal(("b", null), (await FoundAsync(buckets[0]), await FoundAsync(buckets[1])));

        async Task<Shards> ShardsAsync(params IReadOnlyList<string> names)
        {
            var map = new StoredShardMap(
                new StoreNames(names), new StoredJson([new ModuleTypes("kernel", typeof(StoredShardMap).Assembly, KernelJson.Default)]),
                TimeProvider.System);
            var shards = new Shards(map, new StoreNames(names), names.Select(name => directory.Create($"{name}.db", TimeProvider.System)));
            await shards.OpenAsync(Cancellation);
            return shards;
        }

        ResponseCache Copies() => new(cache, new SingleFlight(), TimeProvider.System);

        async Task<string?> FoundAsync(Bucket bucket)
        {
            var copy = Copy(three, bucket, demanded: 1);
            await Copies().FindAsync(copy, Cancellation);
            return copy.Found is [var name] ? $"{(char)name}" : null;
        }
    }

    private static StreamId StreamOf(Bucket bucket) => new(bucket, "thing", $"{bucket}");

    private static CachedResponse Copy(Shards shards, Bucket bucket, long demanded)
    {
        var shard = shards.Of(bucket);
        return new CachedResponse($"of {bucket}", StreamOf(bucket).Name, shard.Last, new LogPosition(shard.Log, demanded));
    }

    private static async Task CommitAsync(Shards shards, Bucket bucket, long version)
    {
        var @event = new NewEvent(Id.New(TimeProvider.System, bucket), "things.happened.v1", "{}"u8.ToArray(), default, default);
        var commit = new Commit
        {
            Id = @event.Id, Bucket = bucket, Epoch = shards.Epoch, Appends = [new Append(StreamOf(bucket), version, [@event])],
        };
        Assert.IsType<Committed>(await shards.Of(bucket).CommitAsync(commit, Cancellation));
    }
}
