using System.Text;

namespace Monolith.Operations.Moves;

/// <summary>Copies what lies in one store to another: again and again, until nothing is different.</summary>
/// <param name="source">Goes on being written to.</param>
/// <param name="target">It has no other writer.</param>
/// <param name="clock">For the ids of commits.</param>
internal sealed class StoreCopy(ITransferStore source, ITransferStore target, TimeProvider clock)
{
    private const int EventPage = 500;
    private const int Page = 200;

    // Everything in the source's log up to here is copied; a copy has the positions that the source gave.
    private long _position = LogStart.All;

    /// <summary>How many events were copied.</summary>
    public long Events { get; private set; }

    /// <summary>How many documents and messages were written or removed.</summary>
    public long Others { get; private set; }

    /// <summary>Looks how far a copy got that broke off.</summary>
    /// <exception cref="MoveException">What is there already is not a beginning of the source.</exception>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (await target.HeadAsync(cancellationToken) is var head and > 0)
        {
            _position = head;
            var (there, here) = (await LastAsync(target, cancellationToken), await LastAsync(source, cancellationToken));
            if (there?.Id != here?.Id)
            {
                throw new MoveException($"the target holds other events than the source at position {head}");
            }
        }
    }

    /// <summary>
    /// Copies the events that are new, the imported ones first: the target keeps their positions. What is there already is fine.
    /// </summary>
    /// <returns>The streams that they belong to.</returns>
    /// <exception cref="MoveException">The target holds something else.</exception>
    public async Task<HashSet<StreamId>> CopyEventsAsync(Action progress, CancellationToken cancellationToken)
    {
        var streams = new HashSet<StreamId>();
        while (true)
        {
            var page = await source.ReadLogAsync(_position, EventPage, types: null, cancellationToken);
            if (page.Events.Count == 0)
            {
                return streams;
            }

            try
            {
                await target.ImportAsync(page.Events, cancellationToken);
            }
            catch (ImportException e)
            {
                throw new MoveException(
                    $"the target does not take an event of the source; was it written to by another process? {e.Message}");
            }

            streams.UnionWith(page.Events.Select(e => e.Stream));
            (_position, Events) = (page.Events[^1].Position, Events + page.Events.Count);
            progress();
        }
    }

    /// <summary>Compares all documents and messages, and makes those of the target what they are in the source.</summary>
    public async Task MirrorAsync(Action progress, CancellationToken cancellationToken)
    {
        await MirrorDocumentsAsync(progress, cancellationToken);
        await MirrorMessagesAsync(cancellationToken);
    }

    /// <summary>Makes what changed in the target what it is in the source.</summary>
    /// <param name="changes">What to look at.</param>
    /// <param name="isLast">Whether the source has no writers: then all of it must go in.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task CopyAsync(Changes changes, bool isLast, CancellationToken cancellationToken)
    {
        if (changes.AnyMessage)
        {
            await MirrorMessagesAsync(cancellationToken);
        }

        var wanted = changes.Documents.Where(d => d.Kind != MoveMark.Kind).ToList();
        var present = await source.ReadDocumentsAsync(wanted, cancellationToken);
        var keys = present.Select(d => (d.Kind, d.Id)).ToHashSet();
        var isWritten = await WriteAsync(
            [.. present, .. wanted.Where(w => !keys.Contains(w)).Select(w => Deletion(w.Kind, w.Id))], cancellationToken);
        if (isLast && !isWritten)
        {
            throw new MoveException("the target does not take documents of the source; did another program write to it?");
        }

        var messages = await source.ReadMessagesAsync([.. changes.Messages], cancellationToken);
        await target.WriteMessagesAsync(messages, [.. changes.Messages.Except(messages.Select(m => m.Id))], cancellationToken);
        Others += changes.Count;
    }

    /// <summary>Compares the heads of the hash chains of every stream, while the source may be further already.</summary>
    /// <exception cref="MoveException">Names the first stream that differs.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        for (var after = ""; ;)
        {
            var heads = await target.ReadStreamHeadsAsync(after, Page, cancellationToken);
            if (heads.Count == 0)
            {
                return;
            }

            await VerifyAsync(heads, mayBeFurther: true, cancellationToken);
            after = heads[^1].Stream.Name;
        }
    }

    /// <summary>Compares the heads of some streams.</summary>
    /// <param name="streams">Which.</param>
    /// <param name="mayBeFurther">Whether the source is written to meanwhile.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="MoveException">Names the first stream that differs.</exception>
    public async Task VerifyAsync(IReadOnlyCollection<StreamId> streams, bool mayBeFurther, CancellationToken cancellationToken)
    {
        foreach (var some in streams.Chunk(Page))
        {
            var heads = await target.ReadHeadsAsync(some, cancellationToken);
            if (some.Except(heads.Select(h => h.Stream)).ToList() is [var missing, ..])
            {
                throw Different(missing);
            }

            await VerifyAsync(heads, mayBeFurther, cancellationToken);
        }
    }

    private async Task VerifyAsync(IReadOnlyList<StreamHead> heads, bool mayBeFurther, CancellationToken cancellationToken)
    {
        var known = (await source.ReadHeadsAsync([.. heads.Select(h => h.Stream)], cancellationToken)).ToDictionary(h => h.Stream);
        foreach (var there in heads)
        {
            // Where the source is further, the stream is among those of the next round.
            if (!known.TryGetValue(there.Stream, out var here) || (!(mayBeFurther && here.Version > there.Version)
                && (here.Version != there.Version || !here.Head.Span.SequenceEqual(there.Head.Span))))
            {
                throw Different(there.Stream);
            }
        }
    }

    private static MoveException Different(StreamId stream) => new($"stream {stream} is not the same in the target");

    private async Task<StoredEvent?> LastAsync(IReadStore store, CancellationToken cancellationToken) =>
        (await store.ReadLogAsync(_position - 1, 1, types: null, cancellationToken)).Events is [var last, ..] ? last : null;

    private static DocumentWrite Deletion(string kind, string id) => new(kind, id, null, null, 0);

    private async Task MirrorDocumentsAsync(Action progress, CancellationToken cancellationToken)
    {
        var here = new PagedCursor<DocumentWrite>(
            after => source.ReadDocumentsAsync(after?.Kind ?? "", after?.Id ?? "", Page, cancellationToken));
        var there = new PagedCursor<DocumentWrite>(
            after => target.ReadDocumentsAsync(after?.Kind ?? "", after?.Id ?? "", Page, cancellationToken));
        var different = new List<DocumentWrite>();
        while (await here.PeekAsync() is var left && await there.PeekAsync() is var right && (left ?? right) is not null)
        {
            var order = left is null ? 1 : right is null ? -1 : Compare(left, right);
            if (order <= 0)
            {
                here.Skip();
            }

            if (order >= 0)
            {
                there.Skip();
            }

            if ((order > 0 ? Deletion(right!.Kind, right.Id) : left!) is var wanted && wanted.Kind != MoveMark.Kind
                && !(order == 0 && IsSame(left!, right!)))
            {
                different.Add(wanted);
            }

            if (different.Count == Page)
            {
                await WriteAsync(different, cancellationToken);
                different.Clear();
                progress();
            }
        }

        await WriteAsync(different, cancellationToken);
    }

    private async Task MirrorMessagesAsync(CancellationToken cancellationToken)
    {
        var here = new PagedCursor<StoredMessage>(after => source.ReadMessagesAsync(after?.Id ?? Guid.Empty, Page, cancellationToken));
        var there = new PagedCursor<StoredMessage>(after => target.ReadMessagesAsync(after?.Id ?? Guid.Empty, Page, cancellationToken));
        while (await here.PeekAsync() is var left && await there.PeekAsync() is var right && (left ?? right) is not null)
        {
            var order = left is null ? 1 : right is null ? -1 : left.Id.CompareTo(right.Id);
            if (order <= 0)
            {
                here.Skip();
                await target.WriteMessagesAsync([left!], [], cancellationToken);
            }

            if (order >= 0)
            {
                there.Skip();
                await target.WriteMessagesAsync([], order > 0 ? [right!.Id] : [], cancellationToken);
            }

            Others++;
        }
    }

    // A claim that passed from one document to another while both were read may be held by both for a moment: then one by one, and what
    // cannot be written even so was changed meanwhile, and is copied with the changes.
    private async Task<bool> WriteAsync(List<DocumentWrite> documents, CancellationToken cancellationToken)
    {
        var isWritten = documents.Count == 0 || (await target.CommitAsync([CommitOf(documents)], cancellationToken))[0] is Committed;
        if (!isWritten)
        {
            await target.CommitAsync([.. documents.Select(d => CommitOf([d]))], cancellationToken);
        }

        Others += documents.Count;
        return isWritten;
    }

    private Commit CommitOf(List<DocumentWrite> documents) =>
        new() { Id = Id.New(clock, Bucket.Here), Bucket = Bucket.Here, Documents = documents };

    private static bool IsSame(DocumentWrite a, DocumentWrite b) =>
        a.Version == b.Version && a.Bucket == b.Bucket && a.Body.AsSpan().SequenceEqual(b.Body) && a.Entries.SequenceEqual(b.Entries);

    private static int Compare(DocumentWrite a, DocumentWrite b) =>
        Compare(a.Kind, b.Kind) is var kinds && kinds != 0 ? kinds : Compare(a.Id, b.Id);

    // Byte by byte, as the stores order them.
    private static int Compare(string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));
}

/// <summary>A move cannot go on, for a reason that its message tells in one readable line. The source serves as before.</summary>
internal sealed class MoveException(string message) : Exception(message);
