using System.Text;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every store promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract partial class StoreContract : IAsyncLifetime
{
    private static readonly Bucket _bucket = new(7);

    private readonly FakeClock _clock = new();

    private IStore Store { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts an empty store and opens it.</summary>
    protected abstract ValueTask<IStore> StartAsync(TimeProvider clock);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Store = await StartAsync(_clock);

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    private static Guid NewId() => Id.New(TimeProvider.System, _bucket);

    private static StreamId NewStream() => NewStream(_bucket);

    private static StreamId NewStream(Bucket place) => new(place, "test", NewId().ToString());

    private static NewEvent Event(string text, string type = "tests.happened.v1") =>
        new(
            NewId(), type, Encoding.UTF8.GetBytes(text), DateTimeOffset.UnixEpoch.AddDays(20_000),
            Encoding.UTF8.GetBytes($"meta of {text}"));

    private static Commit NewCommit() => new() { Id = NewId(), Bucket = _bucket };

    private static Commit Appending(StreamId stream, long expectedVersion, params string[] texts) =>
        NewCommit() with { Appends = [new Append(stream, expectedVersion, [.. texts.Select(t => Event(t))])] };

    private static string Text(StoredEvent e) => Encoding.UTF8.GetString(e.Data.Span);

    private async Task<CommitOutcome> CommitAsync(Commit commit) => Assert.Single(await Store.CommitAsync([commit], Cancellation));

    private async Task<long> CommittedAsync(Commit commit) => Assert.IsType<Committed>(await CommitAsync(commit)).Position;

    private async Task<Conflict> ConflictAsync(Commit commit) => Assert.IsType<Conflict>(await CommitAsync(commit));

    private async Task<IEnumerable<string>> StreamAsync(StreamId stream) =>
        (await Store.ReadStreamAsync(stream, 0, int.MaxValue, Cancellation)).Select(Text);

    private async Task<IReadOnlyList<StoredEvent>> LogAsync() => (await Store.ReadLogAsync(0, int.MaxValue, null, Cancellation)).Events;
}
