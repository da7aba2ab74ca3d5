using System.Text;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every store promises from which, and to which, all it holds can be moved.</summary>
public abstract partial class TransferStoreContract : IAsyncLifetime
{
    private readonly FakeClock _clock = new();

    private ITransferStore Store { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an empty store and opens it.</summary>
    internal abstract ValueTask<ITransferStore> StartAsync(TimeProvider clock);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Store = await StartAsync(_clock);

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Reads_every_document_page_by_page_as_the_write_that_made_it()
    {
        DocumentWrite[] written =
        [
            new(
                "a.thing.v1", "1", new Bucket(3), "{}"u8.ToArray(),
                2) { Entries = [new("owner", "ada"), new("token", "x", IsUnique: true)] },
            new("a.thing.v1", "2", null, """{"a":"ä"}"""u8.ToArray(), 1),
            new("a.thing.v1", "z\uE000", new Bucket(4095), [], 1),
            new("a.thing.v1", "z😀", Bucket.Here, [], 1),
            new("b.thing.v1", "1", new Bucket(4_095, 262_143), "[]"u8.ToArray(), 7) { Entries = [new("", ""), new("owner", "grüße")] },
        ];
        await CommitAsync(documents: written);

        var read = new List<DocumentWrite>();
        IReadOnlyList<DocumentWrite> page;
        do
        {
            page = await Store.ReadDocumentsAsync(
                read.Count == 0 ? "" : read[^1].Kind, read.Count == 0 ? "" : read[^1].Id, 2, Cancellation);
            read.AddRange(page);
        }
        while (page.Count > 0);

        Assert.Equal(written.Select(Text), read.Select(Text));
    }

    [Fact]
    public async Task Reads_those_documents_messages_and_heads_that_are_there()
    {
        await CommitAsync(documents: [new("a.thing.v1", "1", null, "{}"u8.ToArray(), 1)]);
        var (stream, sent) = (new StreamId(new Bucket(5), "test", "1"), Message(5));
        await CommitAsync(stream, [sent]);

        Assert.Equal("1", Assert.Single(await Store.ReadDocumentsAsync([("a.thing.v1", "0"), ("a.thing.v1", "1")], Cancellation)).Id);
        Assert.Equal(sent.Id, Assert.Single(await Store.ReadMessagesAsync([NewId(), sent.Id], Cancellation)).Id);
        var head = Assert.Single(await Store.ReadHeadsAsync([stream, new StreamId(new Bucket(5), "test", "2")], Cancellation));
        var listed = Assert.Single(await Store.ReadStreamHeadsAsync("", 10, Cancellation));
        Assert.Equal((stream, 1L), (head.Stream, head.Version));
        Assert.Equal(listed.Head.ToArray(), head.Head.ToArray());
        Assert.Empty(await Store.ReadDocumentsAsync([], Cancellation));
        Assert.Empty(await Store.ReadMessagesAsync([], Cancellation));
        Assert.Empty(await Store.ReadHeadsAsync([], Cancellation));
    }

    [Fact]
    public async Task Reads_every_message_page_by_page_with_its_lease()
    {
        var sent = Enumerable.Range(0, 5).Select(i => Message(i)).ToList();
        await CommitAsync(messages: sent);
        var taken = Assert.Single(
            await Store.TakeAsync(new TakeMessages(["tests.work"], 1, "node", TimeSpan.FromMinutes(1)), Cancellation));

        var read = new List<StoredMessage>();
        IReadOnlyList<StoredMessage> page;
        do
        {
            page = await Store.ReadMessagesAsync(read.Count == 0 ? Guid.Empty : read[^1].Id, 2, Cancellation);
            read.AddRange(page);
        }
        while (page.Count > 0);

        Assert.Equal(sent.Select(m => m.Id).Order(), read.Select(m => m.Id));
        Assert.All(read, m => Assert.Equal(
            m.Id == taken.Id ? (1L, "node", _clock.GetUtcNow().AddMinutes(1)) : (0L, null, sent.Single(s => s.Id == m.Id).Due),
            (m.Token, m.Owner, m.Due)));
        Assert.All(read, m => Assert.Equal(sent.Single(s => s.Id == m.Id).Body, m.Body));
    }

    [Fact]
    public async Task Makes_messages_what_they_are_elsewhere()
    {
        var (kept, gone) = (Message(1), Message(2));
        await CommitAsync(messages: [kept, gone]);
        var held = new StoredMessage(
            NewId(), "tests.work", new Bucket(9, 5), 3, _clock.GetUtcNow().AddHours(1), "held"u8.ToArray(), 4, "elsewhere");
        var changed = new StoredMessage(kept.Id, kept.Kind, kept.Bucket, 0, kept.Due.AddDays(-1), "new"u8.ToArray(), 2, null);

        await Store.WriteMessagesAsync([held, changed], [gone.Id, NewId()], Cancellation);
        await Store.WriteMessagesAsync([], [], Cancellation);

        var read = await Store.ReadMessagesAsync(Guid.Empty, 10, Cancellation);
        Assert.Equal(((StoredMessage[])[held, changed]).OrderBy(m => m.Id).Select(Text), read.Select(Text));
        var taken = Assert.Single(
            await Store.TakeAsync(new TakeMessages(["tests.work"], 5, "node", TimeSpan.FromMinutes(1)), Cancellation));
        Assert.Equal((kept.Id, 3L), (taken.Id, taken.Token));
        Assert.IsType<Committed>(await OutcomeAsync(messages: [new SettleMessage(held.Id, 4)]));
    }

    [Fact]
    public async Task Refuses_commits_of_another_epoch_once_it_is_fenced()
    {
        await CommitAsync(new StreamId(new Bucket(1), "test", "1"));

        await Store.FenceAsync(2, Cancellation);

        Assert.Equal(new Conflict(ConflictKind.Epoch, "shard map", 2), await OutcomeAsync(new StreamId(new Bucket(1), "test", "2")));
        Assert.IsType<Committed>(await OutcomeAsync(new StreamId(new Bucket(1), "test", "2"), epoch: 2));
        Assert.IsType<Committed>(await OutcomeAsync(new StreamId(Bucket.Here, "test", "3")));
    }

    private static Guid NewId() => Id.New(TimeProvider.System, new Bucket(1));

    private static string Text(DocumentWrite d) =>
        $"{d.Kind}/{d.Id} {d.Bucket} {d.Version} {Convert.ToHexString(d.Body!)} "
            + $"{string.Join(";", d.Entries.Select(e => $"{e.Index}={e.Value} {e.IsUnique}"))}";

    private static string Text(StoredMessage m) =>
        $"{m.Id} {m.Kind} {m.Bucket} {m.Lane} {m.Due:O} {Encoding.UTF8.GetString(m.Body)} {m.Token} {m.Owner}";

    private SendMessage Message(int lane) => new(
        NewId(), "tests.work", new Bucket(1), lane, _clock.GetUtcNow(), Encoding.UTF8.GetBytes($"body {lane}"));

    private async Task CommitAsync(
        StreamId? stream = null, IReadOnlyList<MessageWrite>? messages = null, IReadOnlyList<DocumentWrite>? documents = null) =>
        Assert.IsType<Committed>(await OutcomeAsync(stream, messages, documents));

    private async Task<CommitOutcome> OutcomeAsync(
        StreamId? stream = null, IReadOnlyList<MessageWrite>? messages = null, IReadOnlyList<DocumentWrite>? documents = null,
        long epoch = 1)
    {
        NewEvent happened = new(NewId(), "tests.happened.v1", "{}"u8.ToArray(), DateTimeOffset.UnixEpoch, default);
        return Assert.Single(await Store.CommitAsync(
            [
                new Commit
                {
                    Id = NewId(), Bucket = stream?.Bucket ?? default, Epoch = epoch,
                    Appends = stream is { } s ? [new Append(s, 0, [happened])] : [], Messages = messages ?? [], Documents = documents ?? [],
                },
            ],
            Cancellation));
    }
}
