namespace Monolith.Support;

/// <summary>The store port in its plainest form, under one lock and forgotten at the end: a model to compare real stores with.</summary>
/// <remarks>A commit is checked as a whole before anything of it is applied, so nothing ever has to be taken back.</remarks>
internal sealed partial class MemoryStore(TimeProvider clock, long epoch = 1) : ITransferStore
{
    private readonly Lock _lock = new();
    private readonly List<StoredEvent> _log = []; // By position.
    private readonly Dictionary<(string Kind, string Id), (Document Document, DocumentWrite Write)> _documents = [];
    private readonly Dictionary<Guid, Message> _messages = [];
    private long _epoch = epoch;

    private long Head => Math.Max(0, _log.Count == 0 ? 0 : _log[^1].Position);

    public ValueTask OpenAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<IReadOnlyList<CommitOutcome>>(cancellationToken) :
        Locked<IReadOnlyList<CommitOutcome>>(() => [.. batch.Select(Store)]);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        StreamId stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<StoredEvent>>(() => [.. EventsOf(stream).Where(e => e.Version > afterVersion).Take(limit)]);

    public ValueTask<IReadOnlyList<StreamHead>> ReadStreamHeadsAsync(string afterName, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<StreamHead>>(() => [.. _log.GroupBy(e => e.Stream)
            .Where(s => string.CompareOrdinal(s.Key.Name, afterName) > 0)
            .OrderBy(s => s.Key.Name, StringComparer.Ordinal)
            .Take(limit)
            .Select(s => HeadOf(s.Key))]);

    public ValueTask<LogPage> ReadLogAsync(
        long afterPosition, int limit, IReadOnlyCollection<string>? types, CancellationToken cancellationToken) => Locked(() =>
        {
            var events = _log.Where(e => e.Position > afterPosition && types?.Contains(e.Type) != false).Take(limit).ToList();
            return new LogPage(events, events.Count == limit ? events[^1].Position : Math.Max(afterPosition, Head));
        });

    public ValueTask<long> HeadAsync(CancellationToken cancellationToken) => Locked(() => Head);

    public ValueTask<Document?> FindAsync(string kind, string id, CancellationToken cancellationToken) =>
        Locked(() => _documents.TryGetValue((kind, id), out var found) ? found.Document : null);

    public ValueTask<IReadOnlyList<Document>> QueryAsync(DocumentQuery query, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Document>>(() =>
        {
            var sign = query.IsDescending ? -1 : 1;
            return [.. _documents.Values
                .Where(d => d.Document.Kind == query.Kind
                    && (query.Entry is null || d.Write.Entries.Any(e => e.Index == query.Entry.Index && e.Value == query.Entry.Value))
                    && (query.After is null || string.CompareOrdinal(d.Document.Id, query.After) * sign > 0))
                .Select(d => query.WithEntries ? d.Document with { Entries = d.Write.Entries } : d.Document)
                .Order(Comparer<Document>.Create((a, b) => string.CompareOrdinal(a.Id, b.Id) * sign))
                .Take(query.Limit)];
        });

    public ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<TakenMessage>>(() =>
        {
            return Due(request.Kinds).Take(request.Max).ToList().ConvertAll(m =>
            {
                (m.Owner, m.Due) = (request.Owner, clock.GetUtcNow() + request.Lease);
                return new TakenMessage(m.Sent.Id, m.Sent.Kind, m.Sent.Bucket, m.Sent.Body, ++m.Token);
            });
        });

    public ValueTask<IReadOnlyList<ReservedMessage>> ReserveAsync(ReserveMessages request, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ReservedMessage>>(() => Due(request.Kinds).Take(request.Max).ToList().ConvertAll(m =>
        {
            (m.Owner, m.Due) = (null, clock.GetUtcNow() + request.Lease);
            return new ReservedMessage(m.Sent.Id, m.Sent.Kind, m.Sent.Bucket, m.Sent.Lane, m.Sent.Body, m.Token);
        }));

    public ValueTask<IReadOnlyList<TakenMessage>> ClaimAsync(ClaimMessages request, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<TakenMessage>>(() =>
        {
            var taken = new List<TakenMessage>();
            foreach (var reserved in request.Messages)
            {
                if (_messages.TryGetValue(reserved.Id, out var m) && m.Owner is null && m.Token == reserved.Token)
                {
                    (m.Owner, m.Due) = (request.Owner, clock.GetUtcNow() + request.Lease);
                    taken.Add(new TakenMessage(m.Sent.Id, m.Sent.Kind, m.Sent.Bucket, m.Sent.Body, ++m.Token));
                }
            }

            return taken;
        });

    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) => Locked(() =>
    {
        var isHeld = TokenOf(message.Id) == message.Token;
        if (isHeld)
        {
            _messages[message.Id].Due = clock.GetUtcNow() + lease;
        }

        return isHeld;
    });

    public ValueTask<int> ReleaseAllAsync(string owner, CancellationToken cancellationToken) => Locked(() =>
    {
        var held = _messages.Values.Where(m => m.Owner == owner).ToList();
        held.ForEach(m => (m.Owner, m.Due) = (null, clock.GetUtcNow()));
        return held.Count;
    });

    public ValueTask<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> kinds, CancellationToken cancellationToken) =>
        Locked(() => _messages.Values.Where(m => kinds.Contains(m.Sent.Kind)).Min(m => (DateTimeOffset?)m.Due));

    public ValueTask<int> CountDueAsync(string kind, int limit, CancellationToken cancellationToken) =>
        Locked(() => Math.Min(limit, Due([kind]).Count()));

    private IEnumerable<Message> Due(IReadOnlyCollection<string> kinds) => _messages.Values
        .Where(m => m.Due <= clock.GetUtcNow() && kinds.Contains(m.Sent.Kind))
        .OrderBy(m => m.Sent.Lane).ThenBy(m => m.Due).ThenBy(m => m.Sent.Id.ToString(), StringComparer.Ordinal);

    private ValueTask<T> Locked<T>(Func<T> action)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(action());
        }
    }

    // An import can lie below events of its stream that are older.
    private IEnumerable<StoredEvent> EventsOf(StreamId stream) => _log.Where(e => e.Stream == stream).OrderBy(e => e.Version);

    private StreamHead HeadOf(StreamId stream)
    {
        var head = new byte[HashChain.HeadSize];
        EventsOf(stream).ToList().ForEach(e => HashChain.Advance(head, e.Id, e.Type, e.Data.Span));
        return new StreamHead(stream, VersionOf(stream), head);
    }

    private CommitOutcome Store(Commit commit)
    {
        if ((RefusalOf(commit) as CommitOutcome ?? FirstOutcome(commit) as CommitOutcome ?? ConflictOf(commit)) is { } outcome)
        {
            return outcome;
        }

        foreach (var append in commit.Appends)
        {
            var (version, position) = (append.ExpectedVersion, Head);
            _log.AddRange(append.Events.Select(e => new StoredEvent(
                e.Id, append.Stream, ++version, ++position, e.Type, e.Data, e.At, e.Meta)).ToList());
        }

        foreach (var write in commit.Documents)
        {
            _documents.Remove((write.Kind, write.Id));
            if (write.Body is not null)
            {
                _documents[(write.Kind, write.Id)] = (new Document(write.Kind, write.Id, write.Version, write.Body), write);
            }
        }

        commit.Messages.ToList().ForEach(Apply);
        return new Committed(Head);
    }

    private Conflict? RefusalOf(Commit commit) =>
        !commit.Bucket.IsHere && commit.Epoch != _epoch ? new Conflict(ConflictKind.Epoch, "shard map", _epoch) : null;

    // A retry brings the same events to the same places; if the last of them is there, so is the whole commit.
    private Committed? FirstOutcome(Commit commit) => commit.Appends.Count == 0 ? null
        : _log.Where(
            e => e.Stream == commit.Appends[^1].Stream && e.Version == commit.Appends[^1].ExpectedVersion + commit.Appends[^1].Events.Count
            && e.Id == commit.Appends[^1].Events[^1].Id).Select(e => new Committed(e.Position < 0 ? Head : e.Position)).SingleOrDefault();

    private Conflict? ConflictOf(Commit commit) =>
        commit.Appends.Select(a => (a.Stream, a.ExpectedVersion)).Concat(commit.Checks.Select(c => (c.Stream, c.ExpectedVersion)))
            .Select(c => (c.Stream.Name, Is: VersionOf(c.Stream), c.ExpectedVersion)).Where(c => c.Is != c.ExpectedVersion)
            .Select(c => new Conflict(ConflictKind.Stream, c.Name, c.Is)).FirstOrDefault()
        ?? commit.Documents.Select(d => (d.Kind, d.Id, Is: VersionOf(d), d.ExpectedVersion)).Where(d => d.Is != (d.ExpectedVersion ?? d.Is))
            .Select(d => new Conflict(ConflictKind.Document, $"{d.Kind}/{d.Id}", d.Is)).FirstOrDefault()
        ?? commit.Documents.Where(d => d.Body is not null).SelectMany(d => d.Entries.Where(e => e.IsUnique && IsTaken(commit, d, e))
            .Select(e => new Conflict(ConflictKind.Claim, $"{d.Kind}/{e.Index}", 0))).FirstOrDefault()
        ?? commit.Messages.Select(m => (m.Id, Is: TokenOf(m.Id), Expected: m switch
            {
                SettleMessage s => s.Token, DeferMessage p => p.Token, GuardMessage g => g.Token, _ => (long?)null,
            })).Where(m => m.Expected is { } token && (m.Is == 0 || m.Is != token))
            .Select(m => new Conflict(ConflictKind.Message, m.Id.ToString(), m.Is)).FirstOrDefault()
        ?? (IsAnyIdRepeated([.. commit.Appends.SelectMany(a => a.Events).Select(e => e.Id)])
            ? new Conflict(ConflictKind.Event, commit.Appends[0].Stream.Name, 0) : null);

    private bool IsAnyIdRepeated(IReadOnlyList<Guid> ids) => ids.Distinct().Count() < ids.Count || _log.Any(e => ids.Contains(e.Id));

    private long VersionOf(StreamId stream) => _log.Where(e => e.Stream == stream).Max(e => (long?)e.Version) ?? 0;

    private long VersionOf(DocumentWrite write) => _documents.TryGetValue((write.Kind, write.Id), out var d) ? d.Document.Version : 0;

    // What the same commit rewrites counts with its new entries, so a claim can pass from one document to another.
    private bool IsTaken(Commit commit, DocumentWrite claimer, IndexEntry claim) => _documents.Values
        .Where(d => !commit.Documents.Any(w => w.Kind == d.Document.Kind && w.Id == d.Document.Id))
        .Select(d => (d.Document.Kind, d.Document.Id, d.Write.Entries))
        .Concat(commit.Documents.Where(w => w.Body is not null).Select(w => (w.Kind, w.Id, w.Entries)))
        .Any(d => d.Kind == claimer.Kind && d.Id != claimer.Id && d.Entries.Contains(claim));

    // 0 when no node holds it: no token is 0.
    private long TokenOf(Guid id) => _messages.TryGetValue(id, out var message) && message.Owner is not null ? message.Token : 0;

    private void Apply(MessageWrite write)
    {
        switch (write)
        {
            case SendMessage send:
                _messages.TryAdd(send.Id, new Message(send));
                break;
            case DeferMessage putOff:
                (_messages[putOff.Id].Owner, _messages[putOff.Id].Due) = (null, putOff.Due);
                break;
            case SettleMessage or CancelMessage:
                _messages.Remove(write.Id);
                break;
        }
    }

    private sealed class Message(SendMessage sent)
    {
        public SendMessage Sent { get; } = sent;

        public DateTimeOffset Due { get; set; } = sent.Due;

        public string? Owner { get; set; }

        public long Token { get; set; }

        public StoredMessage Stored => new(Sent.Id, Sent.Kind, Sent.Bucket, Sent.Lane, Due, Sent.Body, Token, Owner);
    }
}
