using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Messaging;

/// <summary>Reads announcements from the log as a feed sends them, for a receiver that missed some.</summary>
public sealed class FeedLog
{
    private readonly FeedCatalog _catalog;
    private readonly Shards _shards;
    private readonly StoredJson _json;

    internal FeedLog(FeedCatalog catalog, Shards shards, StoredJson json) => (_catalog, _shards, _json) = (catalog, shards, json);

    /// <summary>Reads a page of a shard's announcements; null where there is no such shard.</summary>
    /// <param name="shard">Number of the shard.</param>
    /// <param name="after">The position that the receiver has; 0 for the beginning.</param>
    /// <param name="limit">How many at most, from 1.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<FeedPage?> ReadAsync(int shard, long after, int limit, CancellationToken cancellationToken)
    {
        if (_shards.TryFind(shard) is not { } own)
        {
            return null;
        }

        var store = (await FeedMark.FindAsync(own.Store, _json, cancellationToken))?.Mark.Store.ToString() ?? "";
        var page = await own.Store.ReadLogAsync(after, limit, _catalog.Types, cancellationToken);
        var messages = new List<FeedMessage>();
        foreach (var stored in page.Events)
        {
            try
            {
                messages.Add(_catalog.MessageOf(stored, store, shard, messages.Count > 0 ? messages[^1].Position : after));
            }
#pragma warning disable CA1031 // The feed goes on without it, and so does this.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }

        return new FeedPage(store.Length == 0 ? null : store, messages, page.Through);
    }
}

/// <summary>A page of a shard's announcements.</summary>
/// <param name="Store">Names the log; null where no feed ever ran.</param>
/// <param name="Messages">In their order.</param>
/// <param name="Through">There is no other announcement up to this position.</param>
public sealed record FeedPage(string? Store, IReadOnlyList<FeedMessage> Messages, long Through);
