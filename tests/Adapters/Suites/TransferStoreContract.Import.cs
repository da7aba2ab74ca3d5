using System.Text;
using Monolith.Adapters.Tests.Properties;

namespace Monolith.Adapters.Tests.Suites;

public abstract partial class TransferStoreContract
{
    private static readonly StreamId _one = new(new Bucket(5), "test", "one");
    private static readonly StreamId _two = new(new Bucket(6), "test", "two");

    [Fact]
    public async Task Keeps_the_events_it_imports_as_they_are_with_their_positions()
    {
        StoredEvent[] events =
            [Event(_one, 1, Below(1)), Event(_two, 1, Below(2)), Event(_two, 2, 5), Event(_one, 2, 9), Event(_one, 3, 10)];

        await Store.ImportAsync(events, Cancellation);

        Assert.Equal(events.Select(StoreText.Of), (await AllAsync()).Select(StoreText.Of));
        Assert.Equal(events.Where(e => e.Stream == _one).Select(StoreText.Of), (await StreamAsync(_one)).Select(StoreText.Of));
        Assert.Equal([(_one, 3L), (_two, 2L)], (await Store.ReadStreamHeadsAsync("", 10, Cancellation)).Select(h => (h.Stream, h.Version)));
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    [Fact]
    public async Task Shows_what_lies_below_zero_only_to_those_who_read_from_there()
    {
        await Store.ImportAsync(
            [Event(_one, 1, Below(1)), Event(_one, 2, Below(4)), Event(_two, 1, 7, "tests.ended.v1"), Event(_one, 3, 8)], Cancellation);

        var native = await Store.ReadLogAsync(LogStart.Native, 10, null, Cancellation);
        var first = await Store.ReadLogAsync(LogStart.All, 2, null, Cancellation);
        var rest = await Store.ReadLogAsync(first.Through, 2, null, Cancellation);
        var ofType = await Store.ReadLogAsync(LogStart.All, 10, ["tests.happened.v1"], Cancellation);
        var onlyBelow = await Store.ReadLogAsync(Below(1), 1, ["tests.happened.v1"], Cancellation);

        Assert.Equal([7L, 8L], native.Events.Select(e => e.Position));
        Assert.Equal([Below(1), Below(4)], first.Events.Select(e => e.Position));
        Assert.Equal([7L, 8L], rest.Events.Select(e => e.Position));
        Assert.Equal([Below(1), Below(4), 8L], ofType.Events.Select(e => e.Position));
        Assert.Equal([Below(4)], onlyBelow.Events.Select(e => e.Position));
        Assert.Equal((8L, Below(4), 8L, 8L, Below(4)), (native.Through, first.Through, rest.Through, ofType.Through, onlyBelow.Through));
    }

    [Fact]
    public async Task Counts_native_events_from_1_whatever_was_imported_before()
    {
        await Store.ImportAsync([Event(_one, 1, Below(1))], Cancellation);
        Assert.Equal(0, await Store.HeadAsync(Cancellation));
        Assert.Equal(0, (await Store.ReadLogAsync(LogStart.All, 10, null, Cancellation)).Through);
        Assert.Equal(new Committed(0), await OutcomeAsync(documents: [new("a.thing.v1", "1", null, "{}"u8.ToArray(), 1)]));

        Assert.Equal(new Committed(1), await OutcomeAsync(_two));
        Assert.Equal(new Committed(2), await AppendAsync(Event(_one, 2, 0)));

        Assert.Equal(2, await Store.HeadAsync(Cancellation));
        Assert.Equal([Below(1), 1L, 2L], (await AllAsync()).Select(e => e.Position));
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    [Fact]
    public async Task Counts_on_from_the_last_native_event_that_was_imported()
    {
        await Store.ImportAsync([Event(_one, 1, 40)], Cancellation);

        Assert.Equal(new Committed(41), await OutcomeAsync(_two));
    }

    [Fact]
    public async Task Answers_a_commit_again_when_its_events_were_imported_meanwhile()
    {
        StoredEvent[] below = [Event(_one, 1, Below(1)), Event(_one, 2, Below(2))];
        await Store.ImportAsync([.. below, Event(_two, 1, 3), Event(_two, 2, 8)], Cancellation);

        Assert.Equal(new Committed(8), await AppendAsync(below));
        Assert.Equal(4, (await AllAsync()).Count);
    }

    [Fact]
    public async Task Imports_the_same_once_and_goes_on_behind_it()
    {
        StoredEvent[] events = [Event(_one, 1, Below(1)), Event(_two, 1, 5)];
        await Store.ImportAsync(events, Cancellation);

        await Store.ImportAsync(events, Cancellation);
        await Store.ImportAsync([events[0] with { Position = Below(7) }, Event(_one, 2, Below(8))], Cancellation);

        Assert.Equal([Below(1), Below(8), 5L], (await AllAsync()).Select(e => e.Position));
        Assert.Equal([1L, 2L], (await StreamAsync(_one)).Select(e => e.Version));
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    [Fact]
    public async Task Imports_what_follows_on_native_events_of_a_stream()
    {
        await CommitAsync(_one);

        await Store.ImportAsync([Event(_one, 2, Below(1)), Event(_one, 3, Below(2))], Cancellation);

        Assert.Equal([(1L, 1L), (2L, Below(1)), (3L, Below(2))], (await StreamAsync(_one)).Select(e => (e.Version, e.Position)));
        Assert.Equal(new Conflict(ConflictKind.Stream, _one.Name, 3), await OutcomeAsync(_one));
        Assert.Equal(new Committed(2), await AppendAsync(Event(_one, 4, 0)));
        Assert.Equal(4, Assert.Single(await Store.ReadHeadsAsync([_one], Cancellation)).Version);
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    [Fact]
    public async Task Imports_all_or_nothing()
    {
        StoredEvent[] there = [Event(_one, 1, Below(1)), Event(_one, 2, 5)];
        await Store.ImportAsync(there, Cancellation);
        var other = Event(_two, 1, Below(2));
        foreach (var refused in (StoredEvent[])[
            // Another event at its version, and a version left out.
            Event(_one, 2, Below(9)), Event(_one, 4, Below(9)), Event(_two, 3, Below(9)),
            Event(_one, 3, Below(1)), Event(_one, 3, Below(2)), // a position that is taken, there or by the same import
            Event(_one, 3, 0), Event(_one, 3, 5), Event(_one, 3, 4), // what follows the log might have been there already
        ])
        {
            var e = await Assert.ThrowsAsync<ImportException>(async () => await Store.ImportAsync([other, refused], Cancellation));

            Assert.Contains($"version {refused.Version} of stream {refused.Stream}", e.Message, StringComparison.Ordinal);
            Assert.Equal(there.Select(StoreText.Of), (await AllAsync()).Select(StoreText.Of));
            Assert.Empty(await Store.ReadHeadsAsync([_two], Cancellation));
        }

        await Store.ImportAsync([other], Cancellation);
        Assert.Equal(new Committed(6), await AppendAsync(Event(_two, 2, 0)));
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    [Fact]
    public async Task Imports_while_others_commit()
    {
        const int Commits = 60;
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 1; i <= Commits; i++)
            {
                Assert.IsType<Committed>(await AppendAsync(Event(new StreamId(new Bucket(5), "test", $"writer{w}"), i, 0)));
            }
        }, Cancellation)).ToList();
        for (var i = 0; i < 20; i++)
        {
            await Store.ImportAsync([.. Enumerable.Range(1, 10).Select(n => Event(_one, (i * 10) + n, Below((i * 10) + n)))], Cancellation);
        }

        await Task.WhenAll(writers);

        Assert.Equal(
            [.. Enumerable.Range(1, 200).Select(n => Below(n)), .. Enumerable.Range(1, 4 * Commits).Select(n => (long)n)],
            (await AllAsync()).Select(e => e.Position));
        Assert.Empty(await HashChains.BrokenAsync(Store, Cancellation));
    }

    private static long Below(int number) => LogStart.Imported + number;

    private static StoredEvent Event(StreamId stream, long version, long position, string type = "tests.happened.v1") => new(
        NewId(), stream, version, position, type, Encoding.UTF8.GetBytes($"grün {position}"),
        DateTimeOffset.UnixEpoch.AddMilliseconds(version),
        Encoding.UTF8.GetBytes($"meta of {position}"));

    private async Task<IReadOnlyList<StoredEvent>> AllAsync() =>
        (await Store.ReadLogAsync(LogStart.All, int.MaxValue, null, Cancellation)).Events;

    private ValueTask<IReadOnlyList<StoredEvent>> StreamAsync(StreamId stream) =>
        Store.ReadStreamAsync(stream, 0, int.MaxValue, Cancellation);

    private async Task<CommitOutcome> AppendAsync(params StoredEvent[] events)
    {
        var added = events.Select(e => new NewEvent(e.Id, e.Type, e.Data, e.At, e.Meta)).ToList();
        var commit = new Commit
        {
            Id = NewId(), Bucket = events[0].Stream.Bucket, Appends = [new Append(events[0].Stream, events[0].Version - 1, added)],
        };
        return Assert.Single(await Store.CommitAsync([commit], Cancellation));
    }
}
