using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>Where a commit lies follows from what is in it: one bucket, one person at most, and all of it on one shard.</summary>
public sealed class PlacesOfCommitsTests : IAsyncDisposable
{
    private readonly FakeClock _clock = new();
    private readonly MemoryStore[] _stores;
    private readonly TestNode _node;
    private readonly AsyncServiceScope _scope;

    public PlacesOfCommitsTests()
    {
        _stores = [new MemoryStore(_clock), new MemoryStore(_clock)];
        _node = new TestNode(_stores, _clock);
        _scope = _node.Scope();
    }

    public async ValueTask DisposeAsync()
    {
        await _scope.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0)]
    [InlineData(0, 7)]
    [InlineData(7, 7)]
    public async Task What_belongs_to_no_person_lies_with_the_one_of_its_bucket(int kin, int otherKin)
    {
        var work = Work();
        work.Start<Thing>(In(new Bucket(3, kin), "a")).Append(new Thing.Happened("x"));
        work.Write(new DocumentWrite("things.note.v1", "n", new Bucket(3, otherKin), "{}"u8.ToArray(), 1));

        await work.CommitAsync(default);

        Assert.NotNull(await _stores[1].FindAsync("things.note.v1", "n", default));
        Assert.Single(await _stores[1].ReadStreamAsync(In(default, "a"), 0, 10, default));
        Assert.Equal(0, await _stores[0].HeadAsync(default));
    }

    [Theory]
    [InlineData(3, 0, 4, 0, "one bucket")]
    [InlineData(3, 7, 4, 7, "one bucket")]
    [InlineData(3, 7, 3, 8, "one person")]
    public async Task What_lies_in_two_places_is_no_commit(int bucket, int kin, int other, int otherKin, string reason)
    {
        var work = Work();
        work.Start<Thing>(In(new Bucket(bucket, kin), "a")).Append(new Thing.Happened("x"));
        work.Send(new SendMessage(Id.New(_clock, new Bucket(other)), "job", new Bucket(other, otherKin), 5, default, []));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => work.CommitAsync(default).AsTask());

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (await _stores[0].HeadAsync(default), await _stores[1].HeadAsync(default)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_is_done_with_a_message_is_done_where_it_lies(int bucket)
    {
        var sent = new SendMessage(Id.New(_clock, new Bucket(bucket)), "job", new Bucket(bucket), 5, default, []);
        var send = Work();
        send.Send(sent);
        await send.CommitAsync(default);
        var taken = Assert.Single(await _stores[bucket].TakeAsync(new TakeMessages(["job"], 10, "me", TimeSpan.FromMinutes(1)), default));

        var settle = Work();
        settle.Send(new SettleMessage(taken.Id, taken.Token));
        await settle.CommitAsync(default);

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await _stores[bucket].TakeAsync(new TakeMessages(["job"], 10, "me", TimeSpan.FromMinutes(1)), default));
    }

    [Fact]
    public async Task A_guarded_unit_of_work_goes_where_its_message_lies()
    {
        var sent = new SendMessage(Id.New(_clock, new Bucket(1)), "job", new Bucket(1), 5, default, []);
        await _node.Get<Shards>().All[1].CommitAsync(new Commit { Id = sent.Id, Bucket = sent.Bucket, Messages = [sent] }, default);
        var taken = Assert.Single(await _stores[1].TakeAsync(new TakeMessages(["job"], 1, "me", TimeSpan.FromMinutes(1)), default));
        Scope.Guard = new GuardMessage(taken.Id, taken.Token);

        var work = Work();
        work.Write(new DocumentWrite("things.note.v1", "n", null, "{}"u8.ToArray(), 1));
        await work.CommitAsync(default);

        Assert.NotNull(await _stores[1].FindAsync("things.note.v1", "n", default));
        Assert.Null(await _stores[0].FindAsync("things.note.v1", "n", default));
    }

    [Fact]
    public async Task A_guard_is_no_second_fence_beside_the_end_of_its_own_message()
    {
        var sent = new SendMessage(Id.New(_clock, new Bucket(1)), "job", new Bucket(1), 5, default, []);
        await _node.Get<Shards>().All[1].CommitAsync(new Commit { Id = sent.Id, Bucket = sent.Bucket, Messages = [sent] }, default);
        var taken = Assert.Single(await _stores[1].TakeAsync(new TakeMessages(["job"], 1, "me", TimeSpan.FromMinutes(1)), default));
        Scope.Guard = new GuardMessage(taken.Id, taken.Token);

        var work = Work();
        work.Send(new SettleMessage(taken.Id, taken.Token));
        await work.CommitAsync(default);

        Assert.Equal([1], Scope.Written.Select(w => w.Shard));
    }

    [Fact]
    public async Task An_aggregate_is_loaded_once_in_a_unit_of_work()
    {
        var work = Work();
        var first = await work.LoadAsync<Thing>(In(new Bucket(1), "a"), default);
        first.Append(new Thing.Happened("x"));

        var second = await work.LoadAsync<Thing>(In(new Bucket(1), "a"), default);

        Assert.Same(first, second);
        Assert.Equal((0, 1, true), (second.Version, second.CurrentVersion, second.Exists));
    }

    [Fact]
    public async Task What_was_loaded_before_goes_on_unless_it_moved()
    {
        var stream = In(new Bucket(1), "a");
        await _node.HappenAsync(stream, "x");
        var (state, version) = await _node.Get<Aggregates>().LoadAsync<Thing>(stream, default);
        var work = Work();
        work.Continue(stream, version, state).Append(new Thing.Happened("y"));
        await work.CommitAsync(default);

        var late = Work();
        late.Continue(stream, version, state).Append(new Thing.Happened("z"));
        await Assert.ThrowsAsync<ConflictException>(() => late.CommitAsync(default).AsTask());

        Assert.Equal(["x", "y"], await _node.CountedAsync(stream));
    }

    [Fact]
    public async Task What_joined_was_only_read_and_required_is_checked_by_the_whole()
    {
        var read = In(new Bucket(1), "read");
        await _node.HappenAsync(read, "x");
        var outer = Work();
        outer.Start<Thing>(In(new Bucket(1), "a")).Append(new Thing.Happened("x"));
        await outer.JoinAsync(async () =>
        {
            var inner = Work();
            (await inner.LoadAsync<Thing>(read, default)).Require();
            await inner.CommitAsync(default);
            return 0;
        });
        await _node.HappenAsync(read, "moved");

        var refused = await Assert.ThrowsAsync<ConflictException>(() => outer.CommitAsync(default).AsTask());

        Assert.Equal("thing-read", refused.Conflict.What);
    }

    private CommitScope Scope => _scope.ServiceProvider.GetRequiredService<CommitScope>();

    private UnitOfWork Work() => _scope.ServiceProvider.GetRequiredService<UnitOfWork>();

    private static StreamId In(Bucket bucket, string key) => new(bucket, Thing.Category, key);
}
