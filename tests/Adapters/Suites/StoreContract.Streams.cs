namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    [Fact]
    public async Task Pages_through_a_stream_in_order()
    {
        var stream = NewStream();
        await CommittedAsync(Appending(stream, 0, "a", "b"));
        await CommittedAsync(Appending(NewStream(), 0, "somewhere else"));
        await CommittedAsync(Appending(stream, 2, "c"));

        Assert.Equal([("a", 1L), ("b", 2L)], (await Store.ReadStreamAsync(stream, 0, 2, Cancellation)).Select(e => (Text(e), e.Version)));
        Assert.Equal([("c", 3L)], (await Store.ReadStreamAsync(stream, 2, 2, Cancellation)).Select(e => (Text(e), e.Version)));
        Assert.Empty(await Store.ReadStreamAsync(stream, 3, 2, Cancellation));
    }

    [Fact]
    public async Task Reads_nothing_from_a_stream_that_was_never_written() => Assert.Empty(await StreamAsync(NewStream()));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Refuses_an_append_at_another_version_and_names_the_present_one(long expectedVersion)
    {
        var stream = NewStream();
        await CommittedAsync(Appending(stream, 0, "a"));

        var conflict = await ConflictAsync(Appending(stream, expectedVersion, "b", "c"));

        Assert.Equal(new Conflict(ConflictKind.Stream, stream.Name, 1), conflict);
        Assert.Equal(["a"], await StreamAsync(stream));
    }

    [Fact]
    public async Task Refuses_a_commit_when_a_stream_it_only_read_has_moved()
    {
        var (read, written) = (NewStream(), NewStream());
        await CommittedAsync(Appending(read, 0, "a"));
        var commit = Appending(written, 0, "b");

        var moved = await ConflictAsync(commit with { Checks = [new StreamCheck(read, 0)] });
        var missing = await ConflictAsync(commit with { Checks = [new StreamCheck(NewStream(), 1)] });
        await CommittedAsync(commit with { Checks = [new StreamCheck(read, 1), new StreamCheck(NewStream(), 0)] });

        Assert.Equal(new Conflict(ConflictKind.Stream, read.Name, 1), moved);
        Assert.Equal((ConflictKind.Stream, 0L), (missing.Kind, missing.Current));
        Assert.Equal(["b"], await StreamAsync(written));
    }

    [Fact]
    public async Task Stores_all_of_a_commit_or_nothing()
    {
        var (first, moved) = (NewStream(), NewStream());
        await CommittedAsync(Appending(moved, 0, "a"));
        var message = Send("tests.work");

        await ConflictAsync(NewCommit() with
        {
            Appends = [new Append(first, 0, [Event("b")]), new Append(moved, 0, [Event("c")])],
            Documents = [Put("1", "{}") with { Entries = [new IndexEntry("name", "x", IsUnique: true)] }],
            Messages = [message],
        });

        Assert.Empty(await StreamAsync(first));
        Assert.Null(await Store.FindAsync(Kind, "1", Cancellation));
        Assert.Empty(await TakeAsync(message.Kind));
        Assert.Single(await LogAsync());
        await CommittedAsync(
            NewCommit() with { Documents = [Put("2", "{}") with { Entries = [new IndexEntry("name", "x", IsUnique: true)] }] });
    }

    [Fact]
    public async Task Spoils_no_neighbour_in_the_batch_with_a_conflict()
    {
        var (taken, before, after) = (NewStream(), NewStream(), NewStream());
        await CommittedAsync(Appending(taken, 0, "a"));

        var outcomes = await Store.CommitAsync(
            [Appending(before, 0, "b"), Appending(taken, 0, "c"), Appending(after, 0, "d")], Cancellation);

        Assert.IsType<Committed>(outcomes[0]);
        Assert.IsType<Conflict>(outcomes[1]);
        Assert.IsType<Committed>(outcomes[2]);
        Assert.Equal(["a", "b", "d"], (await LogAsync()).Select(Text));
    }

    [Fact]
    public async Task Lets_a_commit_rely_on_an_earlier_one_of_its_batch()
    {
        var stream = NewStream();
        var claim = new IndexEntry("name", "x", IsUnique: true);

        var outcomes = await Store.CommitAsync(
            [
                Appending(stream, 0, "a") with { Documents = [Put("1", "{}") with { Entries = [claim] }] },
                Appending(stream, 1, "b"),
                Appending(stream, 1, "too late"),
                NewCommit() with { Documents = [Put("2", "{}") with { Entries = [claim] }] },
                NewCommit() with { Documents = [Put("1", "{1}", version: 2) with { ExpectedVersion = 1 }] },
            ],
            Cancellation);

        Assert.Equal(["a", "b"], await StreamAsync(stream));
        Assert.Equal([true, true, false, false, true], outcomes.Select(o => o is Committed));
    }

    [Fact]
    public async Task Takes_a_repeated_commit_for_the_retry_it_is()
    {
        var (one, two) = (NewStream(), NewStream());
        var commit = NewCommit() with
        {
            Appends = [new Append(one, 0, [Event("a"), Event("b")]), new Append(two, 0, [Event("c")])],
            Documents = [Put("1", "{}") with { ExpectedVersion = 0 }],
            Messages = [Send("tests.work")],
        };
        var position = await CommittedAsync(commit);
        await CommittedAsync(Appending(one, 2, "later"));

        Assert.Equal(position, await CommittedAsync(commit));
        Assert.Equal([position, position], (await Store.CommitAsync([commit, commit], Cancellation)).Select(o => ((Committed)o).Position));
        Assert.Equal(["a", "b", "c", "later"], (await LogAsync()).Select(Text));
    }

    [Fact]
    public async Task Knows_a_commit_repeated_within_one_batch()
    {
        var stream = NewStream();
        var commit = Appending(stream, 0, "a");

        var outcomes = await Store.CommitAsync([commit, commit], Cancellation);

        Assert.Equal(outcomes[0], outcomes[1]);
        Assert.Equal(["a"], await StreamAsync(stream));
    }

    [Fact]
    public async Task Lets_exactly_one_of_many_racing_writers_win()
    {
        var stream = NewStream();
        for (var round = 0; round < 20; round++)
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
                () => CommitAsync(Appending(stream, round, $"{i}")), Cancellation)));

            Assert.Single(outcomes, o => o is Committed);
        }

        Assert.Equal(20, (await StreamAsync(stream)).Count());
    }

    [Fact]
    public async Task Refuses_a_commit_that_was_routed_by_another_shard_map()
    {
        var stream = NewStream();

        var conflict = await ConflictAsync(Appending(stream, 0, "a") with { Epoch = 0 });

        Assert.Equal((ConflictKind.Epoch, 1L), (conflict.Kind, conflict.Current));
        Assert.Empty(await StreamAsync(stream));
    }

    [Fact]
    public async Task Looks_at_no_epoch_for_what_belongs_to_the_shard_itself()
    {
        var (stream, other) = (NewStream(Bucket.Here), NewStream());

        var outcomes = await Store.CommitAsync(
            [
                Appending(stream, 0, "a") with { Bucket = Bucket.Here, Epoch = 7 },
                Appending(other, 0, "b") with { Epoch = 7 },
                Appending(other, 0, "c"),
            ],
            Cancellation);

        Assert.Equal([true, false, true], outcomes.Select(o => o is Committed));
        Assert.Equal(new Conflict(ConflictKind.Epoch, "shard map", 1), outcomes[1]);
    }

    [Fact]
    public async Task Keeps_where_a_stream_lies()
    {
        IReadOnlyList<Bucket> places = [new(0), new(7), new(7, 1), new(Bucket.Count - 1, Bucket.KinCount - 1), Bucket.Here];
        var streams = places.Select(NewStream).ToList();
        foreach (var stream in streams)
        {
            await CommittedAsync(Appending(stream, 0, "a"));
        }

        Assert.Equal(places, (await LogAsync()).Select(e => e.Stream.Bucket));
        foreach (var stream in streams)
        {
            Assert.Equal(stream.Bucket, Assert.Single(await Store.ReadStreamAsync(stream, 0, 1, Cancellation)).Stream.Bucket);
        }

        Assert.Equal(places.ToHashSet(), (await Store.ReadStreamHeadsAsync("", 10, Cancellation)).Select(h => h.Stream.Bucket).ToHashSet());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refuses_the_one_commit_of_a_batch_that_repeats_the_id_of_an_event(bool isStoredBefore)
    {
        var (taken, stream) = (Event("a"), NewStream());
        var first = NewCommit() with { Appends = [new Append(NewStream(), 0, [taken])] };
        if (isStoredBefore)
        {
            await CommittedAsync(first);
        }

        var outcomes = await Store.CommitAsync(
            [
                first,
                Appending(NewStream(), 0, "b"),
                NewCommit() with
                {
                    Appends = [new Append(stream, 0, [Event("of its commit"), taken with { Data = "again"u8.ToArray() }])],
                    Documents = [Put("1", "{}")],
                },
                Appending(NewStream(), 0, "c"),
            ],
            Cancellation);

        Assert.Equal(new Conflict(ConflictKind.Event, stream.Name, 0), outcomes[2]);
        Assert.All([outcomes[0], outcomes[1], outcomes[3]], o => Assert.IsType<Committed>(o));
        Assert.Equal(["a", "b", "c"], (await LogAsync()).Select(Text));
        Assert.Null(await Store.FindAsync(Kind, "1", Cancellation));
    }

    [Fact]
    public async Task Refuses_a_commit_with_two_events_of_one_id()
    {
        var (twice, stream) = (Event("a"), NewStream());

        var conflict = await ConflictAsync(NewCommit() with { Appends = [new Append(stream, 0, [twice, twice])] });

        Assert.Equal(new Conflict(ConflictKind.Event, stream.Name, 0), conflict);
        Assert.Empty(await LogAsync());
    }

    [Fact]
    public async Task Does_nothing_for_a_caller_who_has_cancelled()
    {
        var stream = NewStream();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.CommitAsync([Appending(stream, 0, "a")], new CancellationToken(canceled: true)));

        Assert.Empty(await StreamAsync(stream));
    }
}
