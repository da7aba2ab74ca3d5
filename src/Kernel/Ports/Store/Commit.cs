using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>What one decision changes, as a value: all of it is stored, or nothing.</summary>
/// <remarks>
/// Everything in it lies in one bucket, and belongs to one person at most, except what is local to the shard. Sending a commit again under
/// the same id is a retry: it answers as the first time when it holds events. A commit without events is repeatable if its documents carry
/// expected versions.
/// </remarks>
public sealed record Commit
{
    /// <summary>UUIDv7; the same for each retry.</summary>
    public required Guid Id { get; init; }

    /// <summary>Where it lies: the place of the person whom it is about, if there is one. Decides the shard.</summary>
    public required Bucket Bucket { get; init; }

    /// <summary>The epoch of the shard map that it was routed by; without meaning in one that lies <see cref="Bucket.Here"/>.</summary>
    public long Epoch { get; init; } = 1;

    /// <summary>Events to append. A stream appears once.</summary>
    public IReadOnlyList<Append> Appends { get; init; } = [];

    /// <summary>Streams that were read and must not have moved.</summary>
    public IReadOnlyList<StreamCheck> Checks { get; init; } = [];

    /// <summary>Documents to write or delete. A document appears once.</summary>
    public IReadOnlyList<DocumentWrite> Documents { get; init; } = [];

    /// <summary>Messages to send, settle, defer or guard.</summary>
    public IReadOnlyList<MessageWrite> Messages { get; init; } = [];
}

/// <summary>Appends events to a stream at an exact version.</summary>
/// <param name="Stream">Created by its first append.</param>
/// <param name="ExpectedVersion">Version of the last event the caller saw; 0 when there is none.</param>
/// <param name="Events">One or more.</param>
public sealed record Append(StreamId Stream, long ExpectedVersion, IReadOnlyList<NewEvent> Events);

/// <summary>Requires that a stream is still at a version.</summary>
/// <param name="Stream">Read and not written.</param>
/// <param name="ExpectedVersion">0 when it must not exist.</param>
public sealed record StreamCheck(StreamId Stream, long ExpectedVersion);

/// <param name="Id">UUIDv7, unique in the whole deployment.</param>
/// <param name="Type">Name from the event catalog, <c>module.fact.v1</c>.</param>
/// <param name="Data">UTF-8 JSON.</param>
/// <param name="At">When it was decided, UTC, to the millisecond.</param>
/// <param name="Meta">UTF-8 JSON of who and which trace; may be empty. Not part of the hash chain.</param>
public sealed record NewEvent(Guid Id, string Type, ReadOnlyMemory<byte> Data, DateTimeOffset At, ReadOnlyMemory<byte> Meta);

/// <param name="Id">As given to the append.</param>
/// <param name="Stream">Where it lies.</param>
/// <param name="Version">Place in its stream, from 1.</param>
/// <param name="Position">Place in its shard, rising: from 1 where it was stored first, below zero where it was imported.</param>
/// <param name="Type">Name from the event catalog.</param>
/// <param name="Data">UTF-8 JSON.</param>
/// <param name="At">When it was decided, UTC.</param>
/// <param name="Meta">As given to the append.</param>
public sealed record StoredEvent(
    Guid Id, StreamId Stream, long Version, long Position, string Type, ReadOnlyMemory<byte> Data, DateTimeOffset At,
    ReadOnlyMemory<byte> Meta);

/// <summary>How a commit ended: <see cref="Committed"/> or <see cref="Conflict"/>.</summary>
public abstract record CommitOutcome;

/// <summary>It is on disk.</summary>
/// <param name="Position">Of its last event, above zero; without events, and for a retry of what was imported, the head of the log.</param>
public sealed record Committed(long Position) : CommitOutcome;

/// <summary>Nothing of it was stored, because something it relied on has changed.</summary>
/// <param name="Kind">What kind of thing moved.</param>
/// <param name="What">Its name: a stream, a document, an index entry or a message; for an event's id the commit's first stream.</param>
/// <param name="Current">Its present version (or the message's present token, or the store's epoch); 0 when there is none.</param>
public sealed record Conflict(ConflictKind Kind, string What, long Current) : CommitOutcome;

/// <summary>What kind of thing a commit ran into.</summary>
public enum ConflictKind
{
    /// <summary>A stream is at another version.</summary>
    Stream,

    /// <summary>A document is at another version.</summary>
    Document,

    /// <summary>A unique index entry belongs to another document.</summary>
    Claim,

    /// <summary>A message's lease was lost to another worker, or it was settled.</summary>
    Message,

    /// <summary>The commit was routed by an outdated shard map.</summary>
    Epoch,

    /// <summary>One of its events has the id of another event, by chance: deciding again gives new ones.</summary>
    Event,
}
