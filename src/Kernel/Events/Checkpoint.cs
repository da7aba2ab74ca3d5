namespace Monolith.Kernel.Events;

/// <summary>How far a follower came in a shard, and which node runs it. The version of its document is the fencing token.</summary>
/// <param name="Position">Everything up to here is done.</param>
/// <param name="Owner">The node that holds the lease; empty when it was given back.</param>
/// <param name="ExpiresAt">Until when, UTC.</param>
internal sealed record Checkpoint(long Position, string Owner, DateTimeOffset ExpiresAt)
{
    public const string Kind = "kernel.follower.v1";
}

/// <summary>An event that a follower gave up on, kept until somebody replays or drops it.</summary>
/// <param name="Follower">Which follower.</param>
/// <param name="Position">Which event.</param>
/// <param name="Type">Its stored type.</param>
/// <param name="Reason">What the last attempt ran into.</param>
/// <param name="At">When it was parked, UTC.</param>
internal sealed record ParkedEvent(string Follower, long Position, string Type, string Reason, DateTimeOffset At)
{
    public const string Kind = "kernel.parked.v1";
}
