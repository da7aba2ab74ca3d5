using System.Globalization;
using System.Security.Cryptography;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Sharding;

/// <summary>Gives a new person a place of their own within a bucket, so that this one person can be moved to another shard.</summary>
/// <param name="shards">Tell which places lie together.</param>
/// <param name="draw">Draws a kin from 1 to 262,143; by default at random. Never by anything about the person: ids are public.</param>
public sealed class PlaceAllocator(Shards shards, Func<int>? draw = null)
{
    // A bucket that is full to 99 % still gives one in 4,000 of 4,001 times.
    private const int MaxDraws = 1000;

    private readonly Func<int> _draw = draw ?? (static () => RandomNumberGenerator.GetInt32(1, Bucket.KinCount));

    /// <summary>Claims a place for the document that stands for a person, so that no other person gets it.</summary>
    public static IndexEntry ClaimOf(Bucket place) => new("place", place.Code.ToString(CultureInfo.InvariantCulture), IsUnique: true);

    /// <summary>Finds a place in a bucket that is free.</summary>
    /// <remarks>Only the claim keeps it: where it is taken before the commit, the commit conflicts and is decided again.</remarks>
    /// <param name="bucket">Lies in the shard that the place must lie in too.</param>
    /// <param name="kind">Kind of the documents that claim places.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The bucket has no room for another person.</exception>
    public async ValueTask<Bucket> FindAsync(Bucket bucket, string kind, CancellationToken cancellationToken)
    {
        var shard = shards.Of(bucket);
        for (var drawn = 0; drawn < MaxDraws; drawn++)
        {
            var place = new Bucket(bucket.Number, _draw());
            if (shards.Of(place) == shard && await IsFreeAsync(shard, kind, place, cancellationToken))
            {
                return place;
            }
        }

        throw new InvalidOperationException($"Bucket {bucket} has no room for another person.");
    }

    private static async ValueTask<bool> IsFreeAsync(Shard shard, string kind, Bucket place, CancellationToken cancellationToken) =>
        await shard.Store.QueryAsync(new DocumentQuery(kind, 1) { Entry = ClaimOf(place) }, cancellationToken) is { Count: 0 };
}
