namespace Monolith.Kernel.Tests.Sharding;

/// <summary>Decisions that build on each other go to the store as one commit, and share its outcome.</summary>
public sealed class CommitBatchTests
{
    private static readonly Bucket _bucket = new(1);

    private readonly CommitBatch _batch = new();

    [Fact]
    public void Puts_a_decision_together_with_the_one_that_it_was_made_on()
    {
        var first = Queued(CommitOf("a", 3, events: 2, Document("state", "a", 5), Document("key", "1", 1)));
        var second = Queued(CommitOf("a", 5, events: 1, Document("state", "a", 6), Document("view", "a", 6)), first);
        var other = Queued(CommitOf("b", 0, events: 1));

        Assert.All([first, other, second], queued => Assert.True(_batch.TryAdd(queued)));

        Assert.Equal((3, 2), (_batch.Count, _batch.Commits.Count));
        var append = Assert.Single(_batch.Commits[0].Appends);
        Assert.Equal((3, 3), (append.ExpectedVersion, append.Events.Count));
        Assert.Equal(["state/a 6", "key/1 1", "view/a 6"], _batch.Commits[0].Documents.Select(d => $"{d.Kind}/{d.Id} {d.Version}"));
    }

    [Fact]
    public async Task Tells_each_the_position_of_its_own_last_event()
    {
        var first = Queued(CommitOf("a", 0, events: 2));
        var second = Queued(CommitOf("a", 2, events: 3), first);
        var third = Queued(CommitOf("a", 5, events: 1), second);
        Assert.All([first, second, third], queued => Assert.True(_batch.TryAdd(queued)));

        _batch.End([new Committed(16)]);

        Assert.Equal([new Committed(12), new Committed(15), new Committed(16)], await OutcomesAsync(first, second, third));
    }

    [Fact]
    public async Task Tells_all_of_them_of_a_conflict_or_a_failure()
    {
        var first = Queued(CommitOf("a", 0, events: 1));
        var second = Queued(CommitOf("a", 1, events: 1), first);
        Assert.True(_batch.TryAdd(first) && _batch.TryAdd(second));
        var conflict = new Conflict(ConflictKind.Stream, "thing-a", 7);
        _batch.End([conflict]);
        Assert.Equal([conflict, conflict], await OutcomesAsync(first, second));

        _batch.Clear();
        var (third, fourth) = (Queued(CommitOf("a", 0, events: 1)), Queued(CommitOf("b", 0, events: 1)));
        Assert.True(_batch.TryAdd(third) && _batch.TryAdd(fourth));
        _batch.Fail(new StoreUnavailableException("gone", isFull: false, null));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => third.Outcome);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => fourth.Outcome);
    }

    [Fact]
    public async Task Tells_of_a_conflict_with_something_else_those_whose_own_it_is()
    {
        var first = Queued(CommitOf("a", 0, events: 1, Document("claim", "x", 1, claim: "x")));
        var second = Queued(CommitOf("a", 1, events: 1, Document("other", "y", 1) with { ExpectedVersion = 0 }), first);
        Assert.True(_batch.TryAdd(first) && _batch.TryAdd(second));
        _batch.End([new Conflict(ConflictKind.Claim, "claim/name", 0)]);

        Assert.Equal(
            [new Conflict(ConflictKind.Claim, "claim/name", 0), new Conflict(ConflictKind.Stream, "thing-a", 0)],
            await OutcomesAsync(first, second));

        _batch.Clear();
        var (third, fourth) = (Queued(first.Commit), second.Commit);
        var after = Queued(fourth, third);
        Assert.True(_batch.TryAdd(third) && _batch.TryAdd(after));
        _batch.End([new Conflict(ConflictKind.Document, "other/y", 3)]);
        Assert.Equal(
            [new Conflict(ConflictKind.Stream, "thing-a", 0), new Conflict(ConflictKind.Document, "other/y", 3)],
            await OutcomesAsync(third, after));
    }

    [Fact]
    public void Is_as_large_as_what_is_in_it_and_lets_no_chain_grow_without_end()
    {
        var last = Queued(CommitOf("a", 0, events: 1));
        Assert.True(_batch.TryAdd(last));
        var links = 1;
        for (var next = Next(last, links); _batch.TryAdd(next); next = Next(last, links))
        {
            (last, links) = (next, links + 1);
        }

        Assert.Equal((65, 65, 1), (links, _batch.Count, _batch.Commits.Count));

        static QueuedCommit Next(QueuedCommit last, int version) => Queued(CommitOf("a", version, events: 1), last);
    }

    [Fact]
    public async Task Sends_nothing_that_was_decided_on_what_was_not_stored()
    {
        var (refused, unknown) = (Queued(CommitOf("a", 0, events: 1)), Queued(CommitOf("b", 0, events: 1)));
        refused.End(new Conflict(ConflictKind.Stream, "thing-a", 1));
        unknown.Fail(new StoreUnavailableException("gone", isFull: false, null));
        var (afterRefused, afterUnknown) = (Queued(CommitOf("a", 1, events: 1), refused), Queued(CommitOf("b", 1, events: 1), unknown));

        Assert.True(_batch.TryAdd(afterRefused) && _batch.TryAdd(afterUnknown));

        Assert.Equal(0, _batch.Count);
        Assert.All(await OutcomesAsync(afterRefused, afterUnknown), outcome => Assert.IsType<Conflict>(outcome));
        Assert.NotNull(unknown.Outcome.Exception); // Looked at.
    }

    [Fact]
    public void Sends_by_itself_what_was_decided_on_what_is_stored()
    {
        var first = Queued(CommitOf("a", 0, events: 1));
        first.End(new Committed(1));

        Assert.True(_batch.TryAdd(Queued(CommitOf("a", 1, events: 1), first)));

        Assert.Equal(1, _batch.Commits[0].Appends[0].ExpectedVersion);
    }

    [Fact]
    public void Makes_wait_what_is_more_than_a_decision_about_the_same_stream()
    {
        var first = Queued(CommitOf("a", 0, events: 1, Document("state", "a", 1), Document("claim", "x", 1, claim: "x")) with
        {
            Checks = [new StreamCheck(Thing.Stream("read"), 1)],
        });
        var commit = CommitOf("a", 1, events: 1);
        Assert.True(_batch.TryAdd(first));

        Assert.All(
            [
                Queued(CommitOf("b", 0, events: 1), first),
                Queued(commit with { Appends = [.. commit.Appends, .. CommitOf("b", 0, events: 1).Appends] }, first),
                Queued(commit with { Appends = [], Documents = [Document("state", "b", 1)] }, first),
                Queued(commit with { Epoch = 2 }, first),
                Queued(commit with { Messages = [new SettleMessage(Id.New(TimeProvider.System, _bucket), 1)] }, first),
                Queued(commit with { Checks = [new StreamCheck(Thing.Stream("a"), 1)] }, first),
                Queued(commit with { Documents = [Document("state", "a", 2) with { ExpectedVersion = 1 }] }, first),
                Queued(commit with { Documents = [Document("state", "a", 2) with { MustVanish = true }] }, first),
                Queued(commit with { Documents = [Document("claim", "x", 2, claim: "y")] }, first),
                Queued(commit, first, Queued(CommitOf("c", 0, events: 1))),
                Queued(commit, Queued(CommitOf("a", 0, events: 1))),
            ],
            queued => Assert.False(_batch.TryAdd(queued)));

        Assert.Single(_batch.Commits);
        Assert.Single(_batch.Commits[0].Appends[0].Events);
        Assert.True(_batch.TryAdd(Queued(commit with { Documents = [Document("claim", "x", 2, claim: "x")] }, first)));
    }

    [Fact]
    public void Makes_wait_a_second_decision_on_the_same_state()
    {
        var first = Queued(CommitOf("a", 0, events: 1));
        Assert.True(_batch.TryAdd(first) && _batch.TryAdd(Queued(CommitOf("a", 1, events: 1), first)));

        Assert.False(_batch.TryAdd(Queued(CommitOf("a", 1, events: 1), first)));
    }

    private static QueuedCommit Queued(Commit commit, params QueuedCommit[] after) => new(commit, [.. after.Select(a => a.Outcome)]);

    private static DocumentWrite Document(string kind, string id, long version, string? claim = null) =>
        new(kind, id, _bucket, "{}"u8.ToArray(), version)
        {
            Entries = claim is null ? [] : [new IndexEntry("name", claim, IsUnique: true)],
        };

    private static Commit CommitOf(string key, long version, int events, params DocumentWrite[] documents) => new()
    {
        Id = Id.New(TimeProvider.System, _bucket),
        Bucket = _bucket,
        Appends =
        [
            new Append(Thing.Stream(key), version,
            [
                .. Enumerable.Range(0, events).Select(_ => new NewEvent(
                    Id.New(TimeProvider.System, _bucket), "things.happened.v1", "{}"u8.ToArray(), default, default)),
            ]),
        ],
        Documents = documents,
    };

    private static Task<CommitOutcome[]> OutcomesAsync(params QueuedCommit[] queued) => Task.WhenAll(queued.Select(q => q.Outcome));
}
