using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>A change to a message, made in the same transaction as the rest of its commit.</summary>
/// <param name="Id">Which message; given by the sender. Sending one that is still there changes nothing.</param>
public abstract record MessageWrite(Guid Id);

/// <summary>Sends a message.</summary>
/// <param name="Id">Given by the sender.</param>
/// <param name="Kind">Decides who can take it: the name of a job type.</param>
/// <param name="Bucket">Where it lies.</param>
/// <param name="Lane">0 is taken first; 0 to 9.</param>
/// <param name="Due">Not taken before, UTC.</param>
/// <param name="Body">UTF-8 JSON; up to the sender.</param>
public sealed record SendMessage(Guid Id, string Kind, Bucket Bucket, int Lane, DateTimeOffset Due, byte[] Body) : MessageWrite(Id);

/// <summary>Ends a message: it will never be taken again. Conflicts when the lease is not the present one.</summary>
/// <param name="Id">Which message.</param>
/// <param name="Token">Fencing token of the lease.</param>
public sealed record SettleMessage(Guid Id, long Token) : MessageWrite(Id);

/// <summary>Gives a message back, to be taken again later. Conflicts when the lease is not the present one.</summary>
/// <param name="Id">Which message.</param>
/// <param name="Token">Fencing token of the lease.</param>
/// <param name="Due">Not taken before, UTC.</param>
public sealed record DeferMessage(Guid Id, long Token, DateTimeOffset Due) : MessageWrite(Id);

/// <summary>Changes nothing, and conflicts when the lease is not the present one: a fence around an effect.</summary>
/// <param name="Id">Which message.</param>
/// <param name="Token">Fencing token of the lease.</param>
public sealed record GuardMessage(Guid Id, long Token) : MessageWrite(Id);

/// <summary>Removes a message that is waiting, also when it is held.</summary>
/// <param name="Id">Which message; one that is not there is fine.</param>
public sealed record CancelMessage(Guid Id) : MessageWrite(Id);

/// <summary>Asks for messages that are due and can be handled here.</summary>
/// <param name="Kinds">Which kinds the taker can handle.</param>
/// <param name="Max">How many at most, from 1.</param>
/// <param name="Owner">Who takes them: a node.</param>
/// <param name="Lease">For how long no other worker gets them.</param>
public sealed record TakeMessages(IReadOnlyCollection<string> Kinds, int Max, string Owner, TimeSpan Lease);

/// <summary>Asks for messages that are due, to carry them to a worker that can handle them.</summary>
/// <param name="Kinds">Which kinds.</param>
/// <param name="Max">How many at most, from 1.</param>
/// <param name="Lease">After which those that were not claimed are due again.</param>
public sealed record ReserveMessages(IReadOnlyCollection<string> Kinds, int Max, TimeSpan Lease);

/// <summary>A message on its way to a taker. It has no holder, so it may be lost or doubled on the way.</summary>
/// <param name="Id">Which message.</param>
/// <param name="Kind">As sent.</param>
/// <param name="Bucket">As sent.</param>
/// <param name="Lane">As sent.</param>
/// <param name="Body">As sent.</param>
/// <param name="Token">Of its last lease, 0 when it had none: what tells a stale copy from a good one.</param>
public sealed record ReservedMessage(Guid Id, string Kind, Bucket Bucket, int Lane, byte[] Body, long Token);

/// <summary>Asks for messages that were reserved and have arrived.</summary>
/// <param name="Messages">As reserved; copies, and copies of what is settled by now, may be among them.</param>
/// <param name="Owner">Who takes them: a node.</param>
/// <param name="Lease">For how long no other worker gets them.</param>
public sealed record ClaimMessages(IReadOnlyList<ReservedMessage> Messages, string Owner, TimeSpan Lease);

/// <param name="Id">Which message.</param>
/// <param name="Kind">As sent.</param>
/// <param name="Bucket">As sent.</param>
/// <param name="Body">As sent.</param>
/// <param name="Token">Fencing token: 1 for its first lease, one more with each.</param>
public sealed record TakenMessage(Guid Id, string Kind, Bucket Bucket, byte[] Body, long Token);
