using System.Globalization;
using System.Text;

namespace Monolith.Adapters.Tests.Properties;

/// <summary>Makes up what to do next with a store: mostly sensible, by what the model tells, and often enough not.</summary>
/// <remarks>
/// A step follows from its seed and from what was done before alone, so that steps can be left out to find the few that matter.
/// </remarks>
internal sealed class StoreWalk(IStore model, FakeClock clock)
{
    public static readonly IReadOnlyList<string> DocumentKinds = ["tests.a.v1", "tests.b.v1"];
    public static readonly IReadOnlyList<string> MessageKinds = ["tests.send", "tests.scale"];
    public static readonly IReadOnlyList<IndexEntry> Entries =
        [
            new("owner", "x"), new("owner", "y"), new("name", "x", IsUnique: true), new("name", "y", IsUnique: true),
            new("name", "z", IsUnique: true)];

    private static readonly IReadOnlyList<Bucket> _places =
        [new(7), new(7, 1), new(7, Bucket.KinCount - 1), new(Bucket.Count - 1), Bucket.Here];
    private static readonly IReadOnlyList<string> _types = ["tests.happened.v1", "tests.ended.v1"];
    private static readonly IReadOnlyList<string> _documents = ["1", "2", "ü", "é 🦊"];
    private static readonly IReadOnlyList<Guid> _messages = [.. Enumerable.Range(1, 6).Select(i => new Guid(i, 0, 0, new byte[8]))];

    private readonly List<Commit> _sent = [];
    private readonly List<TakenMessage> _taken = [];
    private readonly List<ReservedMessage> _reserved = [];
    private readonly List<IReadOnlyList<StoredEvent>> _imported = [];
    private long _dues;

    public static IReadOnlyList<StreamId> Streams { get; } = [.. _places.Select((place, i) => new StreamId(place, "test", $"{i}"))];

    /// <summary>Something to do to any store, which answers with what came of it, as text.</summary>
    public async Task<(string What, Func<IStore, Task<string>> Do)> NextAsync(Random random)
    {
        switch (random.Next(24))
        {
            case < 12:
                var batch = await BatchAsync(random);
                return ($"commit\n    {string.Join("\n    ", batch.Select(StoreText.Of))}", store => CommitAsync(store, batch));
            case < 16:
                var kinds = random.Next(3) == 0 ? MessageKinds : [Any(random, MessageKinds)];
                // The port leaves open which of two kinds goes first when both fall due in one moment, so those are taken all or none.
                var take = new TakeMessages(
                    kinds, kinds.Count > 1 ? 100 : random.Next(1, 4), $"owner {random.Next(2)}", TimeSpan.FromSeconds(random.Next(1, 60)));
                return ($"take {take.Max} of {string.Join(' ', kinds)} for {take.Owner}", store => TakeAsync(store, take));
            case 16 when _taken.Count > 0:
                var (message, lease) = (Any(random, _taken), TimeSpan.FromSeconds(random.Next(1, 60)));
                return ($"extend {StoreText.Of(message)}", async store => $"{await store.ExtendAsync(message, lease, Cancellation)}");
            case 18:
                var reserve = new ReserveMessages([Any(random, MessageKinds)], random.Next(1, 4), TimeSpan.FromSeconds(random.Next(1, 60)));
                return ($"reserve {reserve.Max} of {reserve.Kinds.First()}", store => ReserveAsync(store, reserve));
            case 19 when _reserved.Count > 0:
                var reserved = new ClaimMessages([.. Some(random, _reserved, 3)], "owner 0", TimeSpan.FromSeconds(random.Next(1, 60)));
                return ($"take of what was reserved {string.Join(", ", reserved.Messages.Select(StoreText.Of))}", async store =>
                    string.Join(", ", (await store.ClaimAsync(reserved, Cancellation)).Select(StoreText.Of)));
            case 20 or 21:
                var events = await ImportAsync(random);
                return (
                    $"import\n    {string.Join("\n    ", events.Select(StoreText.Of))}",
                    store => ImportAsync((ITransferStore)store, events));
            case 17:
                var owner = $"owner {random.Next(2)}";
                return ($"release {owner}", async store => $"{await store.ReleaseAllAsync(owner, Cancellation)}");
            default:
                clock.Advance(TimeSpan.FromSeconds(random.Next(1, 40)));
                return ("time passes", async store => $"{await store.NextDueAsync(MessageKinds, Cancellation):O}");
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static T Any<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private static List<T> Some<T>(Random random, IEnumerable<T> items, int max) =>
        [.. items.OrderBy(_ => random.Next()).Take(random.Next(max + 1))];

    private static async Task<string> CommitAsync(IStore store, IReadOnlyList<Commit> batch) =>
        string.Join(", ", await store.CommitAsync(batch, Cancellation));

    private async Task<string> TakeAsync(IStore store, TakeMessages take)
    {
        var taken = await store.TakeAsync(take, Cancellation);
        _taken.AddRange(taken);
        var texts = taken.Select(StoreText.Of);
        return string.Join(", ", take.Kinds.Count > 1 ? texts.Order(StringComparer.Ordinal) : texts);
    }

    private async Task<string> ReserveAsync(IStore store, ReserveMessages reserve)
    {
        var reserved = await store.ReserveAsync(reserve, Cancellation);
        _reserved.AddRange(reserved);
        return string.Join(", ", reserved.Select(StoreText.Of));
    }

    private async Task<IReadOnlyList<Commit>> BatchAsync(Random random)
    {
        var batch = new List<Commit>();
        for (var left = random.Next(3) == 0 ? random.Next(1, 8) : 1; left > 0; left--)
        {
            var commit = _sent.Count > 0 && random.Next(8) == 0 ? Any(random, _sent) : await CommitAsync(random);
            batch.Add(commit);
            _sent.Add(commit);
        }

        return batch;
    }

    private static async Task<string> ImportAsync(ITransferStore store, IReadOnlyList<StoredEvent> events)
    {
        try
        {
            await store.ImportAsync(events, Cancellation);
            return "imported";
        }
        catch (ImportException e)
        {
            return e.Message;
        }
    }

    // Below zero or above the head with a gap, and often enough in a place that is none.
    private async Task<IReadOnlyList<StoredEvent>> ImportAsync(Random random)
    {
        if (_imported.Count > 0 && random.Next(6) == 0)
        {
            return Any(random, _imported);
        }

        var events = new List<StoredEvent>();
        var position = random.Next(2) == 0 ? LogStart.Imported + (_imported.Count * 10) : await model.HeadAsync(Cancellation);
        foreach (var stream in Some(random, Streams, 2).DefaultIfEmpty(Streams[0]))
        {
            var version = await VersionAsync(random, stream);
            for (var left = random.Next(1, 4); left > 0; left--)
            {
                position += random.Next(8) == 0 ? 0 : random.Next(1, 3);
                var e = Event(random);
                events.Add(new StoredEvent(e.Id, stream, ++version, position, e.Type, e.Data, e.At, e.Meta));
            }
        }

        _imported.Add(events);
        return events;
    }

    private async Task<Commit> CommitAsync(Random random)
    {
        var appends = new List<Append>();
        foreach (var stream in Some(random, Streams, 2))
        {
            var events = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Event(random)).ToList();
            appends.Add(new Append(stream, await VersionAsync(random, stream), events));
        }

        var checks = new List<StreamCheck>();
        foreach (var stream in random.Next(4) == 0 ? Some(random, Streams, 2) : [])
        {
            checks.Add(new StreamCheck(stream, await VersionAsync(random, stream)));
        }

        var writes = new List<DocumentWrite>();
        foreach (var (kind, id) in Some(random, DocumentKinds.SelectMany(kind => _documents.Select(id => (kind, id))), 3))
        {
            writes.Add(await WriteAsync(random, kind, id));
        }

        return new Commit
        {
            Id = NewId(random),
            Bucket = Any(random, _places),
            Epoch = random.Next(30) == 0 ? random.Next(3) : 1,
            Appends = appends,
            Checks = checks,
            Documents = writes,
            Messages = [.. random.Next(2) == 0 ? Some(random, _messages, 2).Select(id => Message(random, id)) : []],
        };
    }

    private static NewEvent Event(Random random) => new(
        NewId(random), Any(random, _types), Bytes(random), DateTimeOffset.UnixEpoch.AddMilliseconds(random.NextInt64(1L << 41)),
        Bytes(random));

    private async Task<DocumentWrite> WriteAsync(Random random, string kind, string id)
    {
        var present = (await model.FindAsync(kind, id, Cancellation))?.Version ?? 0;
        var write = new DocumentWrite(kind, id, random.Next(2) == 0 ? Any(random, _places) : null, Bytes(random), random.Next(1, 9))
        {
            ExpectedVersion = random.Next(2) == 0 ? null : Near(random, present),
            Entries = [.. Some(random, Entries, 2)],
        };
        return random.Next(4) == 0 ? write with { Body = null, Version = 0 } : write;
    }

    private MessageWrite Message(Random random, Guid id)
    {
        var token = _taken.LastOrDefault(m => m.Id == id)?.Token is { } last && random.Next(5) > 0 ? last : random.Next(3);
        return random.Next(8) switch
        {
            < 4 => new SendMessage(id, Any(random, MessageKinds), Any(random, _places), random.Next(3), Due(random), Bytes(random)),
            4 => new SettleMessage(id, token),
            5 => new DeferMessage(id, token, Due(random)),
            6 => new GuardMessage(id, token),
            _ => new CancelMessage(id),
        };
    }

    private DateTimeOffset Due(Random random) => clock.GetUtcNow().AddSeconds(random.Next(-20, 40)).AddMilliseconds(++_dues % 1000);

    private async Task<long> VersionAsync(Random random, StreamId stream) =>
        Near(random, (await model.ReadStreamAsync(stream, 0, int.MaxValue, Cancellation)).Count);

    private static long Near(Random random, long version) => random.Next(4) > 0 ? version : Math.Max(0, version + random.Next(-1, 4));

    private static byte[] Bytes(Random random) =>
        Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("ä", random.Next(3))) + random.Next(1000).ToString(CultureInfo.InvariantCulture));

    private static Guid NewId(Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
