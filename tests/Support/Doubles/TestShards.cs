namespace Monolith.Support;

/// <summary>Puts stores together as shards that are open already, numbered in their order, bucket by bucket in turn.</summary>
internal static class TestShards
{
    public static Shards Over(params IReadOnlyList<IStore> stores) => Over(new InTurn(stores.Count), stores);

    public static Shards Over(IShardMap map, params IReadOnlyList<IStore> stores) => new(map, stores);
}

/// <summary>A map of shards that all hold buckets: a bucket lies in the one that its number leaves as the remainder.</summary>
internal sealed class InTurn(int count, long epoch = 1) : IShardMap
{
    public ShardSpread Current { get; private set; } = SpreadOf(
        Enumerable.Range(0, Bucket.Count).Select(number => number % count), count, epoch);

    /// <summary>Lets the map say that a bucket lies in another shard from now on. Nothing is moved.</summary>
    public void Move(Bucket bucket, int shard) => Current = SpreadOf(
        Enumerable.Range(0, Bucket.Count).Select(number => number == bucket.Number ? shard : Current.ShardOf(new Bucket(number))), count,
        epoch);

    /// <summary>Lets the map be one of a later epoch.</summary>
    public void Rise() =>
        Current = SpreadOf(Enumerable.Range(0, Bucket.Count).Select(number => Current.ShardOf(new Bucket(number))), count, ++epoch);

    public ValueTask<IReadOnlyList<int>> OpenAsync(IReadOnlyList<IStore> stores, bool mayWrite, CancellationToken cancellationToken) =>
        new([.. Enumerable.Range(0, stores.Count)]);

    public ValueTask RefreshAsync(CancellationToken cancellationToken) => default;

    private static ShardSpread SpreadOf(IEnumerable<int> shards, int count, long epoch) => new(
        epoch, [.. Enumerable.Repeat(ShardState.Active, count)], [.. shards.Select((shard, number) => (new Bucket(number).Code, shard))]);
}
