namespace Monolith.Kernel.Tests.Commits;

/// <summary>What is remembered of streams: how much, how long, and until what is heard of them.</summary>
public sealed class StateMemoryTests : IAsyncDisposable
{
    private const long Limit = 100_000;

    private static readonly StreamId _stream = Thing.Stream("a");

    private readonly FakeClock _clock = new();
    private readonly InTurn _map = new(1);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Shards _shards;
    private readonly StateMemory _memory;

    public StateMemoryTests()
    {
        var store = new MemoryStore(_clock);
        _shards = TestShards.Over(_map, InterceptedStore.Before(store, method =>
        {
            if (method == nameof(IStore.CommitAsync))
            {
                _held.Task.Wait();
            }
        }));
        _memory = new StateMemory(_shards, _clock, Limit);
    }

    public async ValueTask DisposeAsync()
    {
        _held.TrySetResult();
        await _shards.DisposeAsync();
        _memory.Dispose();
    }

    [Fact]
    public void Gives_back_what_was_read()
    {
        Read(_stream, 3);

        Assert.Equal(3, Stored(_stream)?.Version);
        Assert.Equal(3, _memory.FindNewest(_stream)?.Version);
        Assert.Null(Stored(Thing.Stream("other")));
    }

    [Fact]
    public void Remembers_no_stream_that_was_never_written()
    {
        Read(_stream, 0);

        Assert.Null(_memory.FindNewest(_stream));
    }

    [Fact]
    public void Drops_a_stream_by_an_event_that_it_has_not_seen_and_keeps_it_by_one_that_it_has()
    {
        Read(_stream, 3);

        _memory.Seen(_stream, 3);
        Assert.NotNull(Stored(_stream));
        _memory.Seen(_stream, 4);

        Assert.Null(Stored(_stream));
    }

    [Fact]
    public void Does_not_take_what_was_read_before_an_event_that_was_heard_of_meanwhile()
    {
        var begun = _memory.BeginRead(_stream);
        _memory.Seen(_stream, 4);
        _memory.EndRead(begun, StateAt(3));

        Assert.Null(Stored(_stream));
    }

    [Fact]
    public void Does_not_go_back_to_what_another_read_found_earlier()
    {
        var (early, late) = (_memory.BeginRead(_stream), _memory.BeginRead(_stream));
        _memory.EndRead(late, StateAt(4));
        _memory.EndRead(early, StateAt(3));

        Assert.Equal(4, Stored(_stream)?.Version);
    }

    [Fact]
    public void Drops_by_an_erasure_all_that_is_about_the_person_and_what_is_being_read()
    {
        var (erased, other) = (Id.New(_clock, new Bucket(1)), Id.New(_clock, new Bucket(1)));
        Read(Thing.Stream("of-erased"), 1, subject: erased);
        Read(Thing.Stream("of-other"), 1, subject: other);
        Read(Thing.Stream("of-none"), 1);
        var begun = _memory.BeginRead(_stream);

        _memory.Seen(Subject.StreamOf(erased), 1);
        _memory.EndRead(begun, StateAt(1, subject: erased));

        Assert.Null(_memory.FindNewest(Thing.Stream("of-erased")));
        Assert.Null(_memory.FindNewest(_stream));
        Assert.Equal(2, _memory.Count);
    }

    [Fact]
    public void Forgets_everything_when_the_map_of_shards_changes()
    {
        Read(_stream, 3);

        _map.Rise();

        Assert.Null(_memory.FindNewest(_stream));
        Assert.Equal((0, 0), (_memory.Count, _memory.Size));
    }

    [Fact]
    public void Stays_within_its_bytes_and_keeps_what_was_used_last()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Read(Thing.Stream($"{i}"), 1);
            Assert.NotNull(_memory.FindNewest(Thing.Stream("0")));
            Assert.True(_memory.Size <= Limit, $"{_memory.Size} after {i}");
        }

        Assert.InRange(_memory.Count, 50, 200);
        Assert.NotNull(_memory.FindNewest(Thing.Stream("9999")));
        Assert.Null(_memory.FindNewest(Thing.Stream("9000")));
    }

    [Fact]
    public void Does_not_remember_what_is_larger_than_all_its_bytes()
    {
        Read(_stream, 1);
        Read(Thing.Stream("large"), 1, size: Limit + 1);

        Assert.Equal((0, 0), (_memory.Count, _memory.Size));
    }

    [Fact]
    public void Forgets_what_was_not_asked_for_in_a_minute_and_wakes_nothing_once_it_is_empty()
    {
        Assert.Null(_clock.NextDue);
        Read(_stream, 1);
        Read(Thing.Stream("used"), 1);
        _clock.Advance(StateMemory.Idle / 2);
        Stored(Thing.Stream("used"));
        _clock.Advance(StateMemory.Idle / 2);
        Assert.Equal(1, _memory.Count);

        _clock.Advance(StateMemory.Idle);

        Assert.Equal(0, _memory.Count);
        Assert.Null(_clock.NextDue);
        Read(_stream, 1);
        Assert.NotNull(_clock.NextDue);
    }

    [Fact]
    public void Keeps_what_is_on_its_way_though_there_is_no_room()
    {
        var change = Change(_stream, basedOn: 0, size: Limit - 1500);

        Assert.NotNull(_memory.TryQueue(_shards.First, CommitOf(_stream, 0), new StateChanges([change], [])));
        Read(Thing.Stream("other"), 1);

        Assert.Equal(1, _memory.FindNewest(_stream)?.Version);
        Assert.Null(Stored(_stream)); // It is not stored.
        _memory.Settle([change], new LogPosition(_shards.First.Log, 1));
        Assert.Equal(new LogPosition(_shards.First.Log, 1), Stored(_stream)?.At);
    }

    [Fact]
    public void Refuses_a_decision_on_a_state_that_another_one_overtook()
    {
        TryQueue();

        var late = Assert.Throws<ConflictException>(TryQueue);

        void TryQueue() => _memory.TryQueue(_shards.First, CommitOf(_stream, 0), new StateChanges([Change(_stream, basedOn: 0)], []));

        Assert.Equal((true, new Conflict(ConflictKind.Stream, _stream.Name, 1)), (late.IsLocal, late.Conflict));
    }

    [Fact]
    public void Shows_nothing_that_is_outdated_while_what_cannot_be_stored_any_more_is_on_its_way()
    {
        Read(_stream, 4);
        var change = Change(_stream, basedOn: 4);
        _memory.TryQueue(_shards.First, CommitOf(_stream, 4), new StateChanges([change], []));

        _memory.Seen(_stream, 5); // Of another node, perhaps.

        Assert.Null(Stored(_stream));
        Assert.Equal(5, _memory.FindNewest(_stream)?.Version);
        _memory.Settle([change], new LogPosition(_shards.First.Log, 9));
        Assert.Equal(5, Stored(_stream)?.Version);
    }

    [Fact]
    public void Shows_what_is_as_new_as_the_reader_knows_or_as_the_node_has_heard()
    {
        Read(_stream, 4);
        Assert.NotNull(Stored(_stream, demanded: 7));
        Assert.Null(Stored(_stream, demanded: 7, isHeard: false));

        _memory.EndRead(_memory.BeginRead(_stream), StateAt(4) with { At = new LogPosition(_shards.First.Log, 7) });

        Assert.NotNull(Stored(_stream, demanded: 7, isHeard: false));
    }

    [Fact]
    public void Does_not_bring_back_what_was_heard_to_be_outdated_when_it_hears_that_this_was_stored()
    {
        Read(_stream, 5);
        var (first, second) = (Change(_stream, basedOn: 5), Change(_stream, basedOn: 6));
        _memory.TryQueue(_shards.First, CommitOf(_stream, 5), new StateChanges([first], []));
        _memory.TryQueue(_shards.First, CommitOf(_stream, 6), new StateChanges([second], []));
        _memory.Seen(_stream, 6);
        _memory.Seen(_stream, 7);

        _memory.Settle([first], new LogPosition(_shards.First.Log, 10));
        Assert.Null(Stored(_stream));
        _memory.Settle([second], new LogPosition(_shards.First.Log, 11));

        Assert.Equal(7, Stored(_stream)?.Version);
    }

    [Fact]
    public async Task Gives_out_nothing_whose_commit_failed_and_takes_nothing_that_was_decided_on_it()
    {
        var failing = Change(_stream, basedOn: 3); // There is no such version in the store.
        var outcome = _memory.TryQueue(_shards.First, CommitOf(_stream, 3), new StateChanges([failing], []));
        var doomed = _memory.FindNewest(_stream)!;
        _held.SetResult();
        Assert.IsType<Conflict>(await outcome!);

        Assert.Null(_memory.FindNewest(_stream));
        var late = Assert.Throws<ConflictException>(TryQueue);
        _memory.EndRead(_memory.BeginRead(_stream), StateAt(4) with { State = new Thing() }); // The same number, of others.
        var later = Assert.Throws<ConflictException>(TryQueue);

        Assert.True(late.IsLocal && later.IsLocal);

        void TryQueue() => _memory.TryQueue(
            _shards.First, CommitOf(_stream, 4),
            new StateChanges([new StateChange(_stream.Name, doomed, StateAt(5))], [outcome!]));
    }

    [Fact]
    public void Counts_nothing_that_it_has_no_room_for()
    {
        var (first, second) = (Change(_stream, basedOn: 0, size: Limit), Change(Thing.Stream("b"), basedOn: 0));
        _memory.TryQueue(_shards.First, CommitOf(_stream, 0), new StateChanges([first], []));
        var size = _memory.Size;

        Assert.NotNull(_memory.TryQueue(_shards.First, CommitOf(Thing.Stream("b"), 0), new StateChanges([second], [])));

        Assert.Equal((1, size), (_memory.Count, _memory.Size));
        _memory.Abandon([first]);
        _memory.Abandon([second]);
        Assert.Equal((0, 0), (_memory.Count, _memory.Size));
    }

    [Fact]
    public void Forgets_what_was_on_its_way_and_not_stored_but_nothing_that_came_in_its_place()
    {
        var (failed, second) = (Change(_stream, basedOn: 0), Change(_stream, basedOn: 1));
        _memory.TryQueue(_shards.First, CommitOf(_stream, 0), new StateChanges([failed], []));
        _memory.TryQueue(_shards.First, CommitOf(_stream, 1), new StateChanges([second], []));

        _memory.Abandon([failed]);
        Assert.Null(_memory.FindNewest(_stream));
        Read(_stream, 1);
        _memory.Abandon([second]);

        Assert.NotNull(_memory.FindNewest(_stream));
    }

    private void Read(StreamId stream, long version, Guid? subject = null, long size = 1000) =>
        _memory.EndRead(_memory.BeginRead(stream), StateAt(version, subject, size));

    private RememberedState? Stored(StreamId stream, long demanded = 0, bool isHeard = true) =>
        _memory.FindStored(stream, new LogPosition(_shards.First.Log, demanded), isHeard);

    private static RememberedState StateAt(long version, Guid? subject = null, long size = 1000) =>
        new(version, Thing.Initial, subject, size);

    private static StateChange Change(StreamId stream, long basedOn, long size = 1000) =>
        new(stream.Name, StateAt(basedOn), StateAt(basedOn + 1, size: size));

    private static Commit CommitOf(StreamId stream, long version) => new()
    {
        Id = Id.New(TimeProvider.System, stream.Bucket),
        Bucket = stream.Bucket,
        Appends = [new Append(
            stream, version,
            [new NewEvent(Id.New(TimeProvider.System, stream.Bucket), "things.happened.v1", "{}"u8.ToArray(), default, default)])],
    };
}
