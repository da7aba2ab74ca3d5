using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Messaging;

/// <summary>What a shard's feed told receivers last. Stored by the commit that stores its checkpoint.</summary>
/// <param name="Store">Names the log to receivers.</param>
/// <param name="Announced">Position of the last announcement; 0 before the first.</param>
internal sealed record FeedMark(Guid Store, long Announced)
{
    public const string Kind = "kernel.feed.v1";

    private const string Name = "feed";

    /// <summary>Reads it; null where no feed ever ran.</summary>
    public static async ValueTask<(FeedMark Mark, long Version)?> FindAsync(
        IReadStore store, StoredJson json, CancellationToken cancellationToken) =>
        await store.FindAsync(Kind, Name, cancellationToken) is { } found ? (json.Read<FeedMark>(found.Body), found.Version) : null;

    /// <summary>
    /// Reads it, and makes it where no feed ever ran: before anything is sent, so that what is sent again has the same name.
    /// </summary>
    public static async ValueTask<(FeedMark Mark, long Version)> FindOrMakeAsync(
        Shard shard, StoredJson json, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindAsync(shard.Store, json, cancellationToken) is { } found)
            {
                return found;
            }

            // Of two nodes one is first; both read what it wrote.
            var mark = new FeedMark(Id.New(clock, Bucket.Here), 0).Write(0, json);
            await shard.CommitAsync(
                new Commit { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = [mark] }, cancellationToken);
        }
    }

    /// <param name="former">The version that it replaces; 0 for none.</param>
    /// <param name="json">Writes it.</param>
    public DocumentWrite Write(long former, StoredJson json) =>
        new(Kind, Name, null, json.Write(this), former + 1) { ExpectedVersion = former };
}
