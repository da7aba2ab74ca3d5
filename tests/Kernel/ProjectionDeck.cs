
namespace Monolith.Kernel.Tests;

/// <summary>Nodes over one store that follow things with the chronicle, and what tests do with them over and over.</summary>
public abstract class ProjectionDeck : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<TestNode> _nodes = [];
    private readonly List<Task> _running = [];

    protected ProjectionDeck()
    {
        Memory = new MemoryStore(Clock);
        Store = InterceptedStore.Before(Memory, method => BeforeStore(method));
    }

    internal FakeClock Clock { get; } = new();

    /// <summary>What lies behind <see cref="Store"/>.</summary>
    internal MemoryStore Memory { get; }

    internal IStore Store { get; }

    protected Action<string> BeforeStore { get; set; } = _ => { };

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    internal TestNode NewNode()
    {
        var node = new TestNode(Store, Clock);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Follows until it is stopped, or the test ends.</summary>
    internal Task Run(TestNode node, FollowedProjection? projection = null, CancellationToken stopping = default)
    {
        var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, stopping);
        var running = Task.Run(() => SubscriptionOf(node, projection).RunAsync(end.Token), CancellationToken.None);
        _running.Add(running);
        return running;
    }

    internal static ProjectionSubscription SubscriptionOf(TestNode node, FollowedProjection? projection = null) =>
        new(projection ?? new ChronicleProjection(), node.Shard, node.Context, node.Get<EventCatalog>());

    /// <summary>Brings the projection to the head of the log.</summary>
    internal static Task RunToEndAsync(TestNode node, FollowedProjection? projection = null) =>
        SubscriptionOf(node, projection).RunToEndAsync(_ => { }, CancellationToken.None);

    internal async Task<FollowedState> StateAsync(TestNode node) =>
        (await ProjectionLease.ReadAsync(Store, new ChronicleProjection(), node.Get<StoredJson>(), CancellationToken.None)).State;

    /// <summary>What the live views say; nothing where there is none.</summary>
    internal async Task<IReadOnlyList<string>> ChronicleAsync(TestNode node, string key = ChronicleProjection.All)
    {
        var kind = ViewGeneration.KindOf(ChronicleProjection.ViewName, (await StateAsync(node)).Live.Number);
        return await Store.FindAsync(kind, key, CancellationToken.None) is { } found
            ? node.Get<StoredJson>().Read<Chronicle>(found.Body).Happened
            : [];
    }

    /// <summary>The live views as they are stored, byte by byte.</summary>
    internal async Task<IReadOnlyList<string>> DocumentsAsync(TestNode node)
    {
        var kind = ViewGeneration.KindOf(ChronicleProjection.ViewName, (await StateAsync(node)).Live.Number);
        var documents = await Store.QueryAsync(new DocumentQuery(kind, 10_000) { WithEntries = true }, CancellationToken.None);
        return [.. documents.Select(d => $"{d.Id} {d.Version} {Convert.ToHexString(d.Body)} {string.Join(' ', d.Entries)}")];
    }

    internal async Task<IReadOnlyList<string>> LogAsync(TestNode node) =>
        [.. (await Store.ReadLogAsync(0, 100_000, ["things.happened.v1"], CancellationToken.None)).Events.Select(e => TextOf(node, e))];

    internal static string TextOf(TestNode node, StoredEvent stored) => ((Thing.Happened)node.Get<EventCatalog>().Read(stored)).What;

    protected Task UntilAsync(Func<Task<bool>> isSo) => Clock.UntilAsync(isSo);
}
