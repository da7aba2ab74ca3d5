namespace Monolith.Kernel.Tests.Setup;

/// <summary>After a store was put back to an earlier time nothing that is kept beside the events may know of what did not happen.</summary>
public sealed class RewindKernelTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore _store;
    private readonly TestNode _node;
    private readonly RewoundTo _point;

    public RewindKernelTests()
    {
        _store = new MemoryStore(_clock);
        _node = new TestNode(_store, _clock);
        _point = new RewoundTo(_clock.GetUtcNow(), Position: 100, SafePosition: 80, Epoch: 1);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(50, 50)]
    [InlineData(80, 80)]
    [InlineData(90, 80)]
    [InlineData(500, 80)]
    public async Task A_reaction_goes_on_from_where_it_was_for_certain_and_under_no_lease(long position, long from)
    {
        await WriteAsync(Checkpoint.Kind, "things.copy", new Checkpoint(position, "a node", _clock.GetUtcNow() + TimeSpan.FromMinutes(1)));

        await RewindAsync();

        Assert.Equal(new Checkpoint(from, "", default), await ReadAsync<Checkpoint>(Checkpoint.Kind, "things.copy"));
    }

    [Theory]
    [InlineData(100, null, false)]
    [InlineData(101, null, true)]
    [InlineData(100, 100L, false)]
    [InlineData(40, 101L, true)]
    public async Task Views_that_know_too_much_begin_again_and_others_stay(long live, long? next, bool isNew)
    {
        var state = new FollowedState(
            "a node", default, new ViewGeneration(3, 2, live), next is { } position
                ? new ViewGeneration(4, 2, position) : null, [new RetiredViews(1, default)], null);
        await WriteAsync(FollowedState.Kind, "things.chronicle", state);
        var before = await _store.FindAsync(FollowedState.Kind, "things.chronicle", default);

        await RewindAsync();

        var after = await ReadAsync<FollowedState>(FollowedState.Kind, "things.chronicle");
        if (isNew)
        {
            Assert.Equal((new ViewGeneration(next is null ? 4 : 5, 2, 0), "", null), (after!.Live, after.Owner, after.Next));
            Assert.Equal(next is null ? [1, 3] : [1, 4, 3], after.Retired.Select(r => r.Number));
        }
        else
        {
            Assert.Equal(before, await _store.FindAsync(FollowedState.Kind, "things.chronicle", default), (a, b) =>
                a!.Version == b!.Version && a.Body.SequenceEqual(b.Body));
        }
    }

    [Fact]
    public async Task Events_that_did_not_happen_are_parked_no_more()
    {
        await WriteAsync(ParkedEvent.DocumentKind, "s/100", Parked(100));
        await WriteAsync(ParkedEvent.DocumentKind, "s/101", Parked(101));

        await RewindAsync();

        Assert.NotNull(await ReadAsync<ParkedEvent>(ParkedEvent.DocumentKind, "s/100"));
        Assert.Null(await ReadAsync<ParkedEvent>(ParkedEvent.DocumentKind, "s/101"));
    }

    [Fact]
    public async Task Answers_to_requests_that_did_not_happen_are_forgotten_page_by_page()
    {
        for (var i = 0; i < 450; i++)
        {
            var at = _point.Time + TimeSpan.FromSeconds(i % 2 == 0 ? 0 : 1);
            await CommitAsync(new IdempotencyRecord([1], at, [], null).Write($"{i:000}", new Bucket(1), 1, _node.Get<StoredJson>()));
        }

        await RewindAsync();
        await RewindAsync(); // Repeatable.

        var left = await _store.QueryAsync(new DocumentQuery(IdempotencyRecord.Kind, 1000) { WithEntries = true }, default);
        Assert.Equal(Enumerable.Range(0, 225).Select(i => $"{2 * i:000}"), left.Select(d => d.Id));
        Assert.All(left, d => Assert.Single(d.Entries)); // By which the sweep finds them.
    }

    private Task RewindAsync() => new RewindKernel(_node.Get<StoredJson>(), _clock).AfterRewindAsync(_node.Shard, _point, default);

    private ParkedEvent Parked(long position) => new("s", position, "things.happened.v1", "reason", _clock.GetUtcNow());

    private async Task<T?> ReadAsync<T>(string kind, string id)
        where T : class => await _store.FindAsync(kind, id, default) is { } found ? _node.Get<StoredJson>().Read<T>(found.Body) : null;

    private Task WriteAsync<T>(string kind, string id, T value) =>
        CommitAsync(new DocumentWrite(kind, id, null, _node.Get<StoredJson>().Write(value), 1));

    private async Task CommitAsync(DocumentWrite write) => Assert.IsType<Committed>(await _node.Shard.CommitAsync(
        new Commit { Id = Id.New(_clock, Bucket.Here), Bucket = Bucket.Here, Documents = [write with { Bucket = null }] }, default));
}
