using System.Globalization;
using System.Text.Json.Serialization;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Idempotency;

/// <summary>
/// What is kept of a request with an idempotency key. It is stored with the first commit of the request, so it is there exactly when the
/// effect is.
/// </summary>
/// <param name="Request">Keyed hash of the method, the address and the body: the body may hold a password.</param>
/// <param name="At">When the effect was stored, UTC.</param>
/// <param name="Changed">Names of the streams that changed.</param>
/// <param name="Answer">The answer, sealed; null until it is known.</param>
internal sealed record IdempotencyRecord(byte[] Request, DateTimeOffset At, IReadOnlyList<string> Changed, byte[]? Answer)
{
    public const string Kind = "kernel.idempotency.v1";

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // A record lives for half of the slots, so the other half holds only what has expired, however long the sweep did not run.
    private const int Slots = 48;

    [JsonIgnore]
    public DateTimeOffset ExpiresAt => At + Lifetime;

    /// <summary>
    /// Finds the slots that hold nothing but expired records. One hour to each side is left alone, for clocks that differ.
    /// </summary>
    public static IEnumerable<IndexEntry> ExpiredSlots(DateTimeOffset now) =>
        Enumerable.Range(1, Slots - (int)Lifetime.TotalHours - 3).Select(hours => SlotOf(now - TimeSpan.FromHours(1 + hours)));

    /// <summary>Makes the write that stores the record.</summary>
    public DocumentWrite Write(string id, Bucket bucket, long version, StoredJson json) =>
        new(Kind, id, bucket, json.Write(this), version) { ExpectedVersion = version - 1, Entries = [SlotOf(ExpiresAt)] };

    private static IndexEntry SlotOf(DateTimeOffset hour) =>
        new("slot", (hour.ToUnixTimeSeconds() / 3600 % Slots).ToString("00", CultureInfo.InvariantCulture));
}

/// <summary>
/// A request that shall have its effect once, however often it is sent. Its record goes with the first commit of its scope.
/// </summary>
/// <param name="id">Of the record.</param>
/// <param name="hash">Hashes the request, once all of it was received.</param>
/// <param name="json">Writes the record.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class KeyedRequest(string id, Func<CancellationToken, ValueTask<byte[]>> hash, StoredJson json, TimeProvider clock)
    : ICommitAmendment
{
    private IdempotencyRecord? _record;
    private Bucket _bucket;

    /// <summary>Whether the effect is on disk, and the record with it.</summary>
    public bool IsStored { get; private set; }

    /// <summary>
    /// Puts the record into a commit that is about to be stored. The commit conflicts where the record is stored already.
    /// </summary>
    public async ValueTask<Commit> AmendAsync(Commit commit, CancellationToken cancellationToken)
    {
        if (IsStored)
        {
            return commit;
        }

        _record = new IdempotencyRecord(
            await hash(cancellationToken), clock.GetUtcNow(), [.. commit.Appends.Select(a => a.Stream.Name)], Answer: null);
        _bucket = commit.Bucket;
        return commit with { Documents = [.. commit.Documents, _record.Write(id, _bucket, 1, json)] };
    }

    /// <inheritdoc />
    public bool IsStoredAlready(Conflict conflict) =>
        conflict.Kind is ConflictKind.Document && conflict.What == $"{IdempotencyRecord.Kind}/{id}";

    /// <inheritdoc />
    public void Stored() => IsStored = true;

    /// <summary>Adds the answer to the stored record.</summary>
    public async ValueTask AnswerAsync(byte[] answer, Shards shards)
    {
        var write = (_record! with { Answer = answer }).Write(id, _bucket, 2, json); // not null, for it is stored
        var (shard, epoch) = shards.RouteOf(_bucket);
        await shard.CommitAsync(
            new Commit { Id = Id.New(clock, _bucket), Bucket = _bucket, Epoch = epoch, Documents = [write] }, CancellationToken.None);
    }
}
