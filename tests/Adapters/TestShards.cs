namespace Monolith.Adapters.Tests;

/// <summary>Puts stores together as shards, bucket by bucket in turn.</summary>
internal static class TestShards
{
    public static Shards Over(params IReadOnlyList<IStore> stores) => new(new InTurn(stores.Count), stores);

    private sealed class InTurn(int count) : IShardMap
    {
        public long Epoch => 1;

        public ValueTask OpenAsync(IReadOnlyList<IStore> stores, CancellationToken cancellationToken) => default;

        public (int Shard, long Epoch) RouteOf(Bucket bucket) => (bucket.Number % count, Epoch);
    }
}
