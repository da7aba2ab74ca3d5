using Monolith.Adapters.Postgres;

namespace Monolith.Adapters.Marten;

/// <summary>
/// Decides the commits of a batch one after the other, by the rules of <c>commit_batch</c>: each sees what those before it that are stored
/// leave. Marten would throw the whole batch back at the first conflict, so what loses here never reaches it.
/// </summary>
/// <remarks>Pure: it is given what is there, and knows no server.</remarks>
internal sealed class BatchState(BatchFacts facts)
{
    /// <summary>Decides the next commit; one that is to be stored is taken for stored from then on.</summary>
    /// <param name="index">Its place in the batch.</param>
    /// <param name="commit">What to store.</param>
    public Decision Next(int index, Commit commit)
    {
        if (OutcomeOf(commit) is { } decision)
        {
            return decision;
        }

        Append(index, commit);
        Write(commit);
        foreach (var message in commit.Messages.Where(m => m is SettleMessage or DeferMessage or CancelMessage))
        {
            facts.Held.Remove(message.Id);
        }

        return new Decision.Stored();
    }

    /// <summary>The head of a stream's chain after what was decided so far.</summary>
    public StreamFact StreamOf(string name) => facts.Streams[name];

    /// <summary>Computes the head of a chain after more events.</summary>
    public static byte[] Advance(byte[]? head, IEnumerable<NewEvent> events)
    {
        var next = head is null ? new byte[HashChain.HeadSize] : (byte[])head.Clone();
        foreach (var e in events)
        {
            HashChain.Advance(next, e.Id, e.Type, e.Data.Span);
        }

        return next;
    }

    // In the order of commit_batch, so that a commit that is wrong twice is told the same by every store. Null when it is to be stored.
    private Decision? OutcomeOf(Commit commit)
    {
        if (!commit.Bucket.IsHere && commit.Epoch != facts.Epoch)
        {
            return Decision.Refuse(ConflictKind.Epoch, "shard map", facts.Epoch);
        }

        return StreamOutcome(commit) ?? DocumentOutcome(commit) ?? ClaimOutcome(commit) ?? MessageOutcome(commit) ?? EventOutcome(commit);
    }

    private Decision? StreamOutcome(Commit commit)
    {
        foreach (var append in commit.Appends)
        {
            if (VersionOf(append.Stream) is var present && present != append.ExpectedVersion)
            {
                return RetryOutcome(commit) ?? Decision.Refuse(ConflictKind.Stream, append.Stream.Name, present);
            }
        }

        foreach (var check in commit.Checks)
        {
            if (VersionOf(check.Stream) is var present && present != check.ExpectedVersion)
            {
                return Decision.Refuse(ConflictKind.Stream, check.Stream.Name, present);
            }
        }

        return null;
    }

    // A retry brings the same events to the same places; if the last of them is there, so is the whole commit.
    private Decision? RetryOutcome(Commit commit)
    {
        var last = commit.Appends[^1];
        if (!facts.Events.TryGetValue(last.Events[^1].Id, out var there) || there.Stream != last.Stream.Name
            || there.Version != last.ExpectedVersion + last.Events.Count)
        {
            return null;
        }

        return there.Position is { } position ? new Decision.StoredAt(position) : new Decision.StoredBy(there.Commit);
    }

    private Decision? DocumentOutcome(Commit commit)
    {
        foreach (var write in commit.Documents)
        {
            var present = facts.Documents.TryGetValue((write.Kind, write.Id), out var there) ? there.Version : 0;
            if (write.ExpectedVersion is { } expected && expected != present)
            {
                return Decision.Refuse(ConflictKind.Document, $"{write.Kind}/{write.Id}", present);
            }
        }

        return null;
    }

    private Decision? ClaimOutcome(Commit commit)
    {
        var wanted = commit.Documents.SelectMany(ClaimsOf).ToLookup(c => c.Key, c => c.Id);
        var written = commit.Documents.Select(d => (d.Kind, d.Id)).ToHashSet();
        foreach (var (key, id, index) in commit.Documents.SelectMany(ClaimsOf))
        {
            // What the same commit rewrites or deletes releases its claims.
            if (wanted[key].Any(other => other != id)
                || (facts.Claims.TryGetValue(key, out var holder) && holder != id && !written.Contains((key.Kind, holder))))
            {
                return Decision.Refuse(ConflictKind.Claim, $"{key.Kind}/{index}", 0); // Without the value: it may be a person's address.
            }
        }

        return null;
    }

    private Decision? MessageOutcome(Commit commit)
    {
        foreach (var write in commit.Messages)
        {
            long? token = write switch
            {
                SettleMessage settled => settled.Token,
                DeferMessage deferred => deferred.Token,
                GuardMessage guarded => guarded.Token,
                _ => null,
            };
            var present = facts.Held.GetValueOrDefault(write.Id);
            if (token is not null && (present == 0 || token != present))
            {
                return Decision.Refuse(ConflictKind.Message, write.Id.ToString(), present);
            }
        }

        return null;
    }

    private Decision? EventOutcome(Commit commit)
    {
        var ids = new HashSet<Guid>();
        return commit.Appends.SelectMany(a => a.Events).Any(e => facts.Events.ContainsKey(e.Id) || !ids.Add(e.Id))
            ? Decision.Refuse(ConflictKind.Event, commit.Appends[0].Stream.Name, 0)
            : null;
    }

    private void Append(int index, Commit commit)
    {
        foreach (var append in commit.Appends)
        {
            var name = append.Stream.Name;
            var version = append.ExpectedVersion;
            foreach (var e in append.Events)
            {
                facts.Events.Add(e.Id, new EventFact(name, ++version, Position: null, index));
            }

            facts.Streams[name] = new StreamFact(version, Advance(facts.Streams.GetValueOrDefault(name)?.Head, append.Events));
        }
    }

    // All released claims first, so that one can pass from one document to another.
    private void Write(Commit commit)
    {
        foreach (var write in commit.Documents)
        {
            if (facts.Documents.Remove((write.Kind, write.Id), out var former) && former.Entries is { } packed)
            {
                foreach (var entry in StoredEntries.Unpack(packed).Where(e => e.IsUnique))
                {
                    var key = KeyOf(write.Kind, entry);
                    if (facts.Claims.GetValueOrDefault(key) == write.Id)
                    {
                        facts.Claims.Remove(key);
                    }
                }
            }

            if (write.Body is not null)
            {
                facts.Documents[(write.Kind, write.Id)] = new DocumentFact(write.Version, StoredEntries.Pack(write.Entries));
            }
        }

        foreach (var (key, id, _) in commit.Documents.SelectMany(ClaimsOf))
        {
            facts.Claims[key] = id;
        }
    }

    private long VersionOf(StreamId stream) => facts.Streams.GetValueOrDefault(stream.Name)?.Version ?? 0;

    /// <summary>The claims that a document would have.</summary>
    public static IEnumerable<(ClaimKey Key, string Id, string Index)> ClaimsOf(DocumentWrite write) => write.Body is null
        ? []
        : write.Entries.Where(e => e.IsUnique).Select(e => (KeyOf(write.Kind, e), write.Id, e.Index));

    private static ClaimKey KeyOf(string kind, IndexEntry entry) => new(kind, Convert.ToHexString(StoredEntries.KeyOf(entry)));
}
