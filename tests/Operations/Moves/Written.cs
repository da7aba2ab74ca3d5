using System.Text;

namespace Monolith.Operations.Tests.Moves;

/// <summary>What tests of moves write, and how they compare stores.</summary>
internal static class Written
{
    private static readonly Bucket _bucket = new(7);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Guid NewId() => Id.New(TimeProvider.System, _bucket);

    public static StreamId StreamOf(string key) => new(_bucket, "test", key);

    public static Commit Event(string stream, long expectedVersion, string text = "{}") => NewCommit() with
    {
        Appends = [new Append(
            StreamOf(stream), expectedVersion,
            [new NewEvent(NewId(), "tests.happened.v1", Encoding.UTF8.GetBytes(text), DateTimeOffset.UnixEpoch, default)])],
    };

    public static DocumentWrite Document(string id, string? text, string? claim = null) =>
        new("tests.thing.v1", id, _bucket, text is null ? null : Encoding.UTF8.GetBytes(text), 1)
        {
            Entries = claim is null ? [] : [new IndexEntry("claim", claim, IsUnique: true)],
        };

    public static Commit Documents(params DocumentWrite[] documents) => NewCommit() with { Documents = documents };

    public static SendMessage Message(Guid id, string text = "") =>
        new(id, "tests.job", _bucket, 0, DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(text));

    public static Commit Messages(params MessageWrite[] messages) => NewCommit() with { Messages = messages };

    public static async Task<CommitOutcome> CommitAsync(this IStore store, Commit commit) =>
        (await store.CommitAsync([commit], Cancelled))[0];

    /// <summary>Writes, and requires that it was taken.</summary>
    public static async Task WriteAsync(this IStore store, Commit commit) => Assert.IsType<Committed>(await store.CommitAsync(commit));

    /// <summary>Writes events to one stream, one commit each.</summary>
    public static async Task AppendAsync(this IStore store, string stream, int count)
    {
        var version = (await store.ReadStreamAsync(StreamOf(stream), 0, int.MaxValue, Cancelled)).Count;
        for (var i = 0; i < count; i++)
        {
            await store.WriteAsync(Event(stream, version + i, $"{i}"));
        }
    }

    /// <summary>Everything that a store holds but the marks of moves, as text.</summary>
    public static async Task<IReadOnlyList<string>> AllAsync(this ITransferStore store) =>
    [
        .. (await store.ReadLogAsync(LogStart.All, int.MaxValue, null, Cancelled)).Events
            .Select(e => $"event {e.Position} {e.Stream} {e.Version} {e.Id} {e.Type} {Encoding.UTF8.GetString(e.Data.Span)}"),
        .. (await store.ReadDocumentsAsync("", "", int.MaxValue, Cancelled)).Where(d => d.Kind != MoveMark.Kind)
            .Select(
                d => $"document {d.Kind}/{d.Id} {d.Bucket} {d.Version} {Encoding.UTF8.GetString(d.Body!)} {string.Join(' ', d.Entries)}"),
        .. (await store.ReadMessagesAsync(Guid.Empty, int.MaxValue, Cancelled))
            .Select(m => $"message {m.Id} {m.Kind} {m.Lane} {m.Token} {m.Owner} {Encoding.UTF8.GetString(m.Body)}"),
    ];

    private static Commit NewCommit() => new() { Id = NewId(), Bucket = _bucket };
}
