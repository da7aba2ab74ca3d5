namespace Monolith.Kernel.Tests;

public sealed class LogTailTests : IAsyncDisposable
{
    private static readonly Bucket _bucket = new(1);

    private readonly MemoryStore _memory = new(TimeProvider.System);
    private readonly HeldStore _store;
    private readonly Shard _shard;

    public LogTailTests()
    {
        var store = HeldStore.Over(_memory);
        (_store, _shard) = ((HeldStore)store, new Shard("0", store) { Number = 0 });
    }

    public ValueTask DisposeAsync() => _shard.DisposeAsync();

    [Fact]
    public async Task Reads_the_log_once_for_all_callers()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        await HappenElsewhereAsync(2);
        _shard.Stored(5);
        _store.Clear();
        var held = _store.Hold();

        var reading = Enumerable.Range(0, 15).Select(_ => ReadAsync(3)).ToList();
        held.SetResult();

        Assert.All([.. await Task.WhenAll(reading), await ReadAsync(3)], page => Assert.Equal(("4 5", 5), page));
        Assert.Equal(["after 3"], _store.Reads);
    }

    [Fact]
    public async Task Reads_nothing_back_that_this_process_stored()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        _store.Clear();

        await HappenAsync(2);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => HappenAsync(3)));

        var page = await _shard.ReadLogAsync(1, 100, types: null, default);
        Assert.Equal(65, page.Through);
        Assert.Equal((await _memory.ReadLogAsync(1, 100, types: null, default)).Events.Select(Shown), page.Events.Select(Shown));
        Assert.Empty(_store.Reads);
    }

    [Fact]
    public async Task Reads_what_another_process_stored_before_what_this_one_did()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        await HappenElsewhereAsync(2);
        await HappenAsync(1);

        Assert.Equal(("4 5 6", 6), await ReadAsync(3));
    }

    [Fact]
    public async Task Takes_nothing_twice_when_a_commit_is_sent_again()
    {
        var commit = NewCommit(2, "a", size: 2);
        await _shard.CommitAsync(commit, default);
        await ReadAsync(0);
        await _shard.CommitAsync(commit, default);
        await HappenAsync(1);

        Assert.Equal(("1 2 3", 3), await ReadAsync(0));
    }

    [Fact]
    public async Task Looks_again_when_something_was_stored_after_the_look_began_that_is_under_way()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        var held = _store.Hold();
        var early = ReadAsync(3);

        // The look is asked of the store a moment after the reader asked for it.
        await Eventually.IsSoAsync(() => Task.FromResult(_store.Reads.Contains("after 3")));
        await HappenAsync(1);

        var late = ReadAsync(3);
        held.SetResult();

        Assert.Equal(("", 3), await early);
        Assert.Equal(("4", 4), await late);
    }

    [Fact]
    public async Task Looks_for_what_another_process_stored_without_a_hint_once_for_all_who_ask_meanwhile()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        await HappenElsewhereAsync(1);
        _store.Clear();
        var held = _store.Hold();

        var reading = new[] { ReadAsync(3), ReadAsync(3) };
        held.SetResult();

        Assert.All(await Task.WhenAll(reading), page => Assert.Equal(("4", 4), page));
        Assert.Equal(("", 4), await ReadAsync(4));
        Assert.Equal(["after 3", "after 4"], _store.Reads);
    }

    [Fact]
    public async Task Looks_again_for_who_must_not_miss_what_another_process_stored_after_the_look_began_that_is_under_way()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        var held = _store.Hold();
        var early = ReadAsync(3);
        await Eventually.IsSoAsync(() => Task.FromResult(_store.Reads.Contains("after 3")));
        await HappenElsewhereAsync(1);

        var usual = ReadAsync(3);
        var afresh = _shard.ReadLogAsync(3, 10, types: null, default, isAfresh: true);
        held.SetResult();

        Assert.Equal([("", 3), ("", 3)], await Task.WhenAll(early, usual));
        Assert.Equal(4, (await afresh).Through);
    }

    [Fact]
    public async Task Looks_for_what_another_process_stored_when_the_hint_does_not_say_how_far()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        await HappenElsewhereAsync(1);

        _shard.Stored(0);

        Assert.Equal(("2 3 4", 4), await ReadAsync(1));
    }

    [Fact]
    public async Task Does_not_wait_for_what_a_hint_promises_and_the_store_does_not_have()
    {
        await HappenAsync(3);

        _shard.Stored(50);

        Assert.Equal(("1 2 3", 3), await ReadAsync(0));
    }

    [Fact]
    public async Task Gives_what_the_store_would_give_whatever_is_asked()
    {
        foreach (var i in Enumerable.Range(0, 20))
        {
            await HappenAsync(1, type: "abc"[i * i % 3].ToString());
        }

        await ReadAsync(0);
        _store.Clear();
        string[]?[] all = [null, ["a"], ["b"], ["b", "a"], ["c"], []];
        foreach (var (types, after, limit)
            in from t in all from a in Enumerable.Range(0, 20) from l in Enumerable.Range(1, 21) select (t, a, l))
        {
            var (right, page) = (
                await _memory.ReadLogAsync(after, limit, types, default), await _shard.ReadLogAsync(after, limit, types, default));

            Assert.Equal(right.Events, page.Events);
            Assert.Equal(right.Through, page.Through);
        }

        Assert.Empty(_store.Reads);
    }

    [Fact]
    public async Task Lets_who_is_behind_read_alone_and_keeps_what_the_others_read()
    {
        await HappenAsync(3_000);
        await ReadAsync(2_990);
        _store.Clear();

        var page = await _shard.ReadLogAsync(0, 2, ["a"], default);

        Assert.Equal([1, 2], page.Events.Select(e => e.Position));
        Assert.Equal(3_000, (await ReadAsync(2_980)).Through);
        Assert.Equal(["after 0 of a"], _store.Reads);
    }

    [Fact]
    public async Task Keeps_so_many_events_and_no_more()
    {
        await HappenAsync(LogTail.MaxEvents - 400);
        await ReadAsync(0);
        await HappenAsync(600);
        await ReadAsync(LogTail.MaxEvents - 400);
        _store.Clear();

        Assert.Equal(LogTail.MaxEvents + 200, (await ReadAsync(201)).Through);
        Assert.Empty(_store.Reads);
        Assert.Equal(LogTail.MaxEvents + 200, (await ReadAsync(199)).Through);
        Assert.Equal(["after 199 of a"], _store.Reads);
    }

    [Fact]
    public async Task Keeps_so_many_bytes_and_no_more()
    {
        await HappenAsync(100, size: LogTail.MaxBytes / 40);

        Assert.Equal(100, (await ReadAsync(0)).Through);
        _store.Clear();
        await ReadAsync(60);
        Assert.Empty(_store.Reads);
        await ReadAsync(59);
        Assert.Equal(["after 59 of a"], _store.Reads);
    }

    [Fact]
    public async Task Goes_on_from_where_a_reader_came_alone()
    {
        await HappenAsync(10);
        await ReadAsync(0);
        await HappenAsync(5_000);
        var position = (await ReadAsync(10)).Through;

        await HappenAsync(1);
        Assert.Equal(("5011", 5_011), await ReadAsync(position));
        _store.Clear();
        Assert.Equal(("5011", 5_011), await ReadAsync(position));
        Assert.Empty(_store.Reads);
    }

    [Fact]
    public async Task Tells_every_caller_who_waits_that_the_store_failed_and_works_again_afterwards()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        var held = _store.Hold();
        var reading = new[] { ReadAsync(3), ReadAsync(3) };

        held.SetException(new StoreUnavailableException("away", isFull: false, null));

        foreach (var each in reading)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => each);
        }

        _store.Clear();
        Assert.Equal(("2 3", 3), await ReadAsync(1));
        Assert.Empty(_store.Reads);
        await HappenAsync(1);
        Assert.Equal(("4", 4), await ReadAsync(3));
    }

    [Fact]
    public async Task Goes_on_for_the_others_when_the_one_who_asked_first_cancels()
    {
        await HappenAsync(3);
        await ReadAsync(0);
        await HappenElsewhereAsync(1);
        _shard.Stored(4);
        _store.Clear();
        using var end = new CancellationTokenSource();
        var held = _store.Hold();
        var (first, second) = (_shard.ReadLogAsync(3, 10, null, end.Token).AsTask(), ReadAsync(3));

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        held.SetResult();

        Assert.Equal(("4", 4), await second);
        Assert.Equal(["after 3"], _store.Reads);
    }

    [Fact]
    public async Task Shows_each_of_many_readers_every_event_of_its_types_once_and_in_order_while_many_write()
    {
        const int Each = 250;
        string[] types = ["a", "b", "c", "d"];
        var reading = Enumerable.Range(0, 12).Select(i => Task.Run(() => FollowAsync(types.Take((i % 4) + 1).ToList(), Each))).ToList();

        await Task.WhenAll(types.Select(type => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await HappenAsync(1, type);
            }
        })));

        var log = (await _memory.ReadLogAsync(0, 10_000, null, default)).Events;
        foreach (var (seen, i) in (await Task.WhenAll(reading)).Select((seen, i) => (seen, i)))
        {
            Assert.Equal(log.Where(e => types.Take((i % 4) + 1).Contains(e.Type)).Select(e => e.Position), seen);
        }
    }

    // As subscriptions do: woken by what is stored, with no look at the clock as a net under it.
    private async Task<List<long>> FollowAsync(List<string> types, int each)
    {
        var (seen, position) = (new List<long>(), 0L);
        while (seen.Count < types.Count * each)
        {
            var next = _shard.Appended.Next;
            var page = await _shard.ReadLogAsync(position, 50, types, default);
            seen.AddRange(page.Events.Select(e => e.Position));
            position = page.Through;
            if (page.Events.Count < 50 && seen.Count < types.Count * each)
            {
                await next.WaitAsync(TimeSpan.FromSeconds(20));
            }
        }

        return seen;
    }

    private static string Shown(StoredEvent e) =>
        $"{e.Id} {e.Stream} {e.Version} {e.Position} {e.Type} {e.At:O} {Convert.ToHexString(e.Data.Span)} "
            + Convert.ToHexString(e.Meta.Span);

    private async Task<(string Positions, long Through)> ReadAsync(long after)
    {
        var page = await _shard.ReadLogAsync(after, 10_000, ["a"], default);
        return (string.Join(' ', page.Events.Select(e => e.Position)), page.Through);
    }

    private async Task HappenAsync(int count, string type = "a", int size = 2) =>
        Assert.IsType<Committed>(await _shard.CommitAsync(NewCommit(count, type, size), default));

    private async Task HappenElsewhereAsync(int count) => await _memory.CommitAsync([NewCommit(count, "a", size: 2)], default);

    private static Commit NewCommit(int count, string type, int size) => new()
    {
        Id = NewId(),
        Bucket = _bucket,
        Appends = [
            new Append(
                Thing.Stream($"{NewId()}"), 0,
                [.. Enumerable.Range(0, count).Select(_ => new NewEvent(NewId(), type, new byte[size], default, default))])],
    };

    private static Guid NewId() => Id.New(TimeProvider.System, _bucket);
}
