using System.Security.Cryptography;
using System.Text.Json;

namespace Monolith.Operations.Checks;

/// <summary>Something in a store that is not as its events say.</summary>
/// <param name="What">Names the stream or document and says what is wrong, in one line without personal data.</param>
/// <param name="Repair">What makes it right; null where only a backup can.</param>
/// <param name="Of">The stream that the repair follows from; null for a document without one.</param>
/// <param name="IsThere">Whether there is a document to repair.</param>
internal sealed record Finding(string What, DocumentWrite? Repair = null, StreamHead? Of = null, bool IsThere = true);

/// <summary>Walks through a store without writers: each stream against its chain, each document against its stream.</summary>
/// <param name="store">Which one.</param>
/// <param name="aggregates">Say what documents a stream must have.</param>
/// <param name="keys">Open what is sealed.</param>
/// <param name="onlyKind">The one kind of documents to look at; null for all.</param>
internal sealed class Audit(IStore store, AggregateCatalog aggregates, SubjectKeys keys, string? onlyKind)
{
    private const int PageSize = 500;

    // Streams that are read and folded side by side, on all processors; their events are in memory together.
    private const int AtOnce = 64;

    // Streams come by name and documents by id, and an id is the rest of the name: so both are read once, side by side.
    private readonly Dictionary<string, DocumentCursor> _documents = aggregates.All.SelectMany(a => a.Kinds)
        .Where(kind => onlyKind is null || kind == onlyKind)
        .ToDictionary(kind => kind, kind => new DocumentCursor(store, kind));

    /// <summary>Shown every stream that is whole, with all its events.</summary>
    public Func<StreamHead, IReadOnlyList<StoredEvent>, ValueTask>? Visit { get; init; }

    public long Streams { get; private set; }

    public long Events { get; private set; }

    public long Documents => _documents.Values.Sum(d => d.Count);

    /// <param name="found">Told of each finding.</param>
    /// <param name="progress">Told how many events were read.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task RunAsync(Func<Finding, ValueTask> found, Action<long> progress, CancellationToken cancellationToken)
    {
        for (var after = ""; ;)
        {
            var page = await store.ReadStreamHeadsAsync(after, AtOnce, cancellationToken);
            foreach (var folding
                in page.Select(head => Task.Run(() => ReadAndFoldAsync(head, cancellationToken), cancellationToken)).ToList())
            {
                await CheckAsync(await folding, found, cancellationToken);
                progress(Events);
            }

            if (page.Count < AtOnce)
            {
                break;
            }

            after = page[^1].Stream.Name;
        }

        foreach (var documents in _documents.Values)
        {
            await ReportOrphansAsync(await documents.RestAsync(cancellationToken), found);
        }
    }

    private async Task<Folded> ReadAndFoldAsync(StreamHead head, CancellationToken cancellationToken)
    {
        var (history, fault) = await ReadAsync(head, cancellationToken);
        var aggregate = aggregates.Find(head.Stream);
        IReadOnlyList<DocumentWrite> expected = [];
        if (fault is null)
        {
            (expected, fault) = await FoldAsync(aggregate, head, history, cancellationToken);
        }

        return new Folded(head, history, aggregate, expected, fault);
    }

    private async Task CheckAsync(Folded stream, Func<Finding, ValueTask> found, CancellationToken cancellationToken)
    {
        var (head, history, aggregate, expected, fault) = stream;
        Streams++;
        Events += history.Count;
        if (fault is not null)
        {
            await found(new Finding($"stream {head.Stream}: {fault}"));
        }
        else if (Visit is not null)
        {
            await Visit(head, history);
        }

        foreach (var kind in aggregate?.Kinds.Where(_documents.ContainsKey) ?? [])
        {
            var (before, stored) = await _documents[kind].TakeAsync(head.Stream.Key, cancellationToken);
            await ReportOrphansAsync(before, found);
            if (expected.FirstOrDefault(e => e.Kind == kind) is { } right && Difference(stored, right) is { } difference
                && !await IsOfErasedAsync(stored, cancellationToken))
            {
                await found(new Finding($"document {kind}/{right.Id}: {difference}", right, head, IsThere: stored is not null));
            }
        }
    }

    private async Task<(List<StoredEvent> History, string? Fault)> ReadAsync(StreamHead head, CancellationToken cancellationToken)
    {
        var history = new List<StoredEvent>();
        var chain = new byte[HashChain.HeadSize];
        try
        {
            for (IReadOnlyList<StoredEvent>? page = null; page is not { Count: < PageSize };)
            {
                page = await store.ReadStreamAsync(head.Stream, history.Count == 0 ? 0 : history[^1].Version, PageSize, cancellationToken);
                foreach (var e in page)
                {
                    history.Add(e);
                    HashChain.Advance(chain, e.Id, e.Type, e.Data.Span);
                    if (e.Version != history.Count)
                    {
                        return (history, $"event {history.Count} is missing");
                    }
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException)
        {
            return (history, $"cannot be read after event {history.Count}: {e.Message}");
        }

        var fault = history.Count != head.Version ? $"has {history.Count} events and should have {head.Version}"
            : !head.Head.Span.SequenceEqual(chain) ? "its chain is broken: an event is not as it was stored"
            : null;
        return (history, fault);
    }

    private static async Task<(IReadOnlyList<DocumentWrite> Expected, string? Fault)> FoldAsync(
        AggregateType? aggregate, StreamHead head, List<StoredEvent> history, CancellationToken cancellationToken)
    {
        if (aggregate is null)
        {
            return ([], "no module has an aggregate of this category");
        }

        try
        {
            return (await aggregate.DocumentsOfAsync(head.Stream, history, cancellationToken), null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or DamagedException)
        {
            // The path says where in an event; the rest of the message could quote it.
            return ([], $"cannot be folded: {(e is JsonException json ? $"an event has no valid {json.Path}" : e.Message)}");
        }
    }

    // Its module has not come to it yet: an erasure is one commit, and what follows from it comes after.
    private async ValueTask<bool> IsOfErasedAsync(Document? stored, CancellationToken cancellationToken)
    {
        try
        {
            return stored is not null && await keys.OpenAsync(stored, cancellationToken) is null;
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string? Difference(Document? stored, DocumentWrite right) => (stored, right.Body) switch
    {
        (null, null) => null,
        (null, _) => "is missing",
        (_, null) => "should not be there any more",
        _ when stored.Version != right.Version => $"is of version {stored.Version}, and its stream at {right.Version}",
        _ when !stored.Body.AsSpan().SequenceEqual(right.Body) => "differs from what its stream gives",
        _ when !stored.Entries.SequenceEqual(right.Entries) => "cannot be found by what it should be",
        _ => null,
    };

    private static async Task ReportOrphansAsync(IReadOnlyList<Document> orphans, Func<Finding, ValueTask> found)
    {
        foreach (var orphan in orphans)
        {
            await found(new Finding(
                $"document {orphan.Kind}/{orphan.Id}: has no stream", new DocumentWrite(orphan.Kind, orphan.Id, null, null, 0)));
        }
    }

    private readonly record struct Folded(
        StreamHead Head, IReadOnlyList<StoredEvent> History, AggregateType? Aggregate, IReadOnlyList<DocumentWrite> Expected,
        string? Fault);
}
