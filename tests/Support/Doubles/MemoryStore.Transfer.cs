using System.Text;

namespace Monolith.Support;

internal sealed partial class MemoryStore
{
    public ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var (before, last) = (_log.ToList(), long.MinValue);
            foreach (var e in events.Where(e => !_log.Any(known => (known.Stream, known.Version, known.Id) == (e.Stream, e.Version, e.Id))))
            {
                if (e.Version != VersionOf(e.Stream) + 1 || e.Position <= last || (e.Position >= 0 && e.Position <= Head)
                    || _log.Any(known => known.Position == e.Position))
                {
                    _log.Clear();
                    _log.AddRange(before);
                    return ValueTask.FromException(new ImportException(e));
                }

                last = e.Position;
                _log.Insert(_log.FindLastIndex(known => known.Position < e.Position) + 1, e);
            }
        }

        return default;
    }

    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        string afterKind, string afterId, int limit, CancellationToken cancellationToken) => Locked<IReadOnlyList<DocumentWrite>>(() =>
        [.. _documents.Values.Select(d => Stored(d.Write)).Where(d => Compare((d.Kind, d.Id), (afterKind, afterId)) > 0)
            .Order(Comparer<DocumentWrite>.Create((a, b) => Compare((a.Kind, a.Id), (b.Kind, b.Id)))).Take(limit)]);

    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        IReadOnlyList<(string Kind, string Id)> which, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DocumentWrite>>(() => [.. which.Where(_documents.ContainsKey).Select(w => Stored(_documents[w].Write))]);

    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(Guid after, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<StoredMessage>>(
            () => [.. _messages.Values.Select(m => m.Stored).Where(m => m.Id.CompareTo(after) > 0).OrderBy(m => m.Id).Take(limit)]);

    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(IReadOnlyList<Guid> which, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<StoredMessage>>(() => [.. which.Where(_messages.ContainsKey).Select(id => _messages[id].Stored)]);

    public async ValueTask WriteMessagesAsync(
        IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone, CancellationToken cancellationToken) => await Locked(() =>
        {
            gone.ToList().ForEach(id => _messages.Remove(id));
            present.ToList().ForEach(m => _messages[m.Id] = new Message(new SendMessage(m.Id, m.Kind, m.Bucket, m.Lane, m.Due, m.Body))
            {
                Token = m.Token, Owner = m.Owner,
            });
            return present.Count;
        });

    public ValueTask<IReadOnlyList<StreamHead>> ReadHeadsAsync(IReadOnlyList<StreamId> which, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<StreamHead>>(() => [.. which.Where(s => VersionOf(s) > 0).Select(HeadOf)]);

    public async ValueTask FenceAsync(long epoch, CancellationToken cancellationToken) => await Locked(() => _epoch = epoch);

    // As a write that would make it what it is: without what guarded the write that did.
    private static DocumentWrite Stored(DocumentWrite write) => write with { ExpectedVersion = null, MustVanish = false };

    // Byte by byte, as UTF-8.
    private static int Compare((string Kind, string Id) a, (string Kind, string Id) b) =>
        Compare(a.Kind, b.Kind) is var kinds && kinds != 0 ? kinds : Compare(a.Id, b.Id);

    private static int Compare(string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));
}
