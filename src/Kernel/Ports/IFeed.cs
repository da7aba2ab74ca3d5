namespace Monolith.Kernel.Ports;

/// <summary>Tells other systems what happened: announcements go to a broker, at least once, in their order within a shard.</summary>
/// <remarks>
/// The log is the outbox: the caller stores how far it came behind the confirmations, and sends again what was not confirmed. So a feed
/// keeps nothing itself, and needs no memory of what it sent.
/// </remarks>
public interface IFeed
{
    /// <summary>Publishes messages of one shard in their order, and returns when the broker has confirmed each of them.</summary>
    /// <param name="messages">One or more.</param>
    /// <param name="cancellationToken">Cancels the wait; what is on its way may arrive.</param>
    /// <exception cref="FeedUnavailableException">
    /// Not every one is confirmed. What was confirmed, and what was not, may arrive nevertheless: all of them are to be sent again.
    /// </exception>
    ValueTask PublishAsync(IReadOnlyList<FeedMessage> messages, CancellationToken cancellationToken);
}

/// <summary>An announcement on its way to other systems. docs/receiving.md tells receivers what the fields are for.</summary>
/// <param name="Id">Of the stored event: the same whenever it is sent again.</param>
/// <param name="Store">Names the log that the positions belong to; another one after it was put back to an earlier time.</param>
/// <param name="Shard">Number of the shard; each has an order of its own.</param>
/// <param name="Position">Of the event in the log of the shard, rising, with holes.</param>
/// <param name="After">Position of the announcement before it in the shard, 0 for none; its own for one that comes late.</param>
/// <param name="Type">Stable name, <c>users.user-registered.v1</c>.</param>
/// <param name="At">When it was decided, UTC.</param>
/// <param name="TraceParent">The span that stored it, as W3C Trace Context writes it; null where none is exported.</param>
/// <param name="Body">The announcement as UTF-8 JSON, camel case, without anything personal.</param>
public sealed record FeedMessage(
    Guid Id, string Store, int Shard, long Position, long After, string Type, DateTimeOffset At, string? TraceParent,
    ReadOnlyMemory<byte> Body);

/// <summary>The broker cannot be reached, or did not confirm what it was sent.</summary>
/// <param name="reason">One line without secrets.</param>
/// <param name="inner">What went wrong; null when that says no more.</param>
public sealed class FeedUnavailableException(string reason, Exception? inner = null) : IOException(reason, inner);
