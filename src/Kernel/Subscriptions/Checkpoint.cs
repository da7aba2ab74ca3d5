using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>How far a subscription came in a shard, and which node runs it. The version of its document is the fencing token.</summary>
/// <param name="Position">Everything up to here is done.</param>
/// <param name="Owner">The node that holds the lease; empty when it was given back.</param>
/// <param name="ExpiresAt">Until when, UTC.</param>
internal sealed record Checkpoint(long Position, string Owner, DateTimeOffset ExpiresAt)
{
    public const string Kind = "kernel.follower.v1";

    /// <summary>How much of a range of buckets that arrived in this shard is handled; null where no arrival is under way.</summary>
    public Arrival? Arrival { get; init; }
}

/// <summary>
/// How far a subscription came in the imported events of a range that arrived: they lie below position 0, so its own position cannot tell.
/// </summary>
/// <param name="Journal">Position of the event that tells of the arrival, from 1.</param>
/// <param name="Through">Every imported event of the range up to this position, which is below 0, is handled.</param>
internal sealed record Arrival(long Journal, long Through);

/// <summary>An event that a subscription parked, kept until an operator replays it.</summary>
/// <param name="Subscription">Which subscription.</param>
/// <param name="Position">Which event.</param>
/// <param name="Type">Its stored type.</param>
/// <param name="Reason">What the last attempt ran into.</param>
/// <param name="At">When the last attempt was, UTC.</param>
public sealed record ParkedEvent(string Subscription, long Position, string Type, string Reason, DateTimeOffset At)
{
    internal const string DocumentKind = "kernel.parked.v1";

    /// <summary>What kind of failure it was.</summary>
    public FailureKind Kind { get; init; } = FailureKind.Poison;

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>When it was tried first, UTC; null for what an earlier version parked.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <param name="under">The subscription, or the views it was parked for.</param>
    /// <param name="version">Of the document from now on.</param>
    /// <param name="json">Writes it.</param>
    internal DocumentWrite Write(string under, long version, StoredJson json) =>
        new(DocumentKind, IdOf(under, Position), null, json.Write(this), version) { ExpectedVersion = version - 1 };

    internal static string PrefixOf(string under) => $"{under}/";

    internal static string IdOf(string under, long position) => $"{PrefixOf(under)}{position}";
}
