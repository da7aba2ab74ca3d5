using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class UnitOfWorkTests : IAsyncDisposable
{
    private readonly IStore _store;
    private readonly TestNode _node;
    private readonly AsyncServiceScope _scope;
    private int _streamReads;

    public UnitOfWorkTests()
    {
        _store = InterceptedStore.Before(
            new MemoryStore(TimeProvider.System), method => _streamReads += method == nameof(IStore.ReadStreamAsync) ? 1 : 0);
        _node = new TestNode(_store, TimeProvider.System);
        _scope = _node.Scope();
    }

    public async ValueTask DisposeAsync()
    {
        await _scope.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Stores_events_state_and_view_at_one_version()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x", "y");

        var state = await _store.FindAsync(Thing.Kind, "a", default);
        var view = await _store.FindAsync(TallyProjection.ViewKind, "a", default);
        Assert.Equal((2, """{"counted":["x","y"]}"""), (state!.Version, Encoding.UTF8.GetString(state.Body)));
        Assert.Equal((2, """{"count":2}"""), (view!.Version, Encoding.UTF8.GetString(view.Body)));
    }

    [Fact]
    public async Task Rebuilds_a_state_and_a_view_that_are_missing_to_the_same_bytes()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x");
        await _node.HappenAsync(Thing.Stream("control"), "x");
        await DropAsync(Thing.Kind, TallyProjection.ViewKind);

        await _node.HappenAsync(Thing.Stream("a"), "y");
        await _node.HappenAsync(Thing.Stream("control"), "y");

        foreach (var kind in new[] { Thing.Kind, TallyProjection.ViewKind })
        {
            Assert.Equal((await _store.FindAsync(kind, "control", default))!.Body, (await _store.FindAsync(kind, "a", default))!.Body);
        }
    }

    [Fact]
    public async Task Rebuilds_a_view_that_is_behind()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x", "y");
        await WriteAsync(new DocumentWrite(TallyProjection.ViewKind, "a", new Bucket(1), """{"count":70}"""u8.ToArray(), 1));

        await _node.HappenAsync(Thing.Stream("a"), "z");

        Assert.Equal("""{"count":3}""", Encoding.UTF8.GetString((await _store.FindAsync(TallyProjection.ViewKind, "a", default))!.Body));
    }

    [Fact]
    public async Task Takes_a_view_that_is_ahead_for_a_conflict_and_reads_no_stream()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x");
        var work = Work();
        (await work.LoadAsync<Thing>(Thing.Stream("a"), default)).Append(new Thing.Happened("late"));
        _streamReads = 0;
        await _node.HappenAsync(Thing.Stream("a"), "first");

        var exception = await Assert.ThrowsAsync<ConflictException>(() => work.CommitAsync(default).AsTask());

        Assert.Equal(new Conflict(ConflictKind.Stream, "thing-a", 2), exception.Conflict);
        Assert.Equal(0, _streamReads);
    }

    [Fact]
    public async Task Decides_again_without_reading_the_stream_when_a_view_is_ahead()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x");
        _streamReads = 0;
        var runs = 0;

        await SendAsync(
            new Count(Thing.Stream("a"), "mine", () => ++runs == 1 ? _node.HappenAsync(Thing.Stream("a"), "theirs") : Task.CompletedTask));

        Assert.Equal(0, _streamReads);
        Assert.Equal(["x", "theirs", "mine after 2"], await _node.CountedAsync(Thing.Stream("a")));
    }

    [Fact]
    public async Task Stores_nothing_when_nothing_was_decided()
    {
        var work = Work();
        await work.LoadAsync<Thing>(Thing.Stream("a"), default);

        await work.CommitAsync(default);

        Assert.True(work.IsEmpty);
        Assert.Equal(0, await _store.HeadAsync(default));
        Assert.Empty(Scope.Written);
    }

    [Fact]
    public async Task Tells_the_scope_how_far_the_log_was()
    {
        await _node.HappenAsync(Thing.Stream("other"), "x", "y");
        Happen(Thing.Stream("a"), out var work);

        await work.CommitAsync(default);

        Assert.Equal([new LogPosition(0, 3)], Scope.Written);
    }

    [Fact]
    public async Task Keeps_who_acted_with_the_event()
    {
        Scope.Actor = Guid.Parse("019ac0de-0000-7123-8000-000000000001");
        Happen(Thing.Stream("a"), out var work);

        await work.CommitAsync(default);

        var stored = Assert.Single(await _store.ReadStreamAsync(Thing.Stream("a"), 0, 10, default));
        Assert.Contains(
            "\"actor\":\"019ac0de-0000-7123-8000-000000000001\"", Encoding.UTF8.GetString(stored.Meta.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_to_begin_a_stream_that_there_is()
    {
        await _node.HappenAsync(Thing.Stream("a"), "x");
        Happen(Thing.Stream("a"), out var work);

        var exception = await Assert.ThrowsAsync<ConflictException>(() => work.CommitAsync(default).AsTask());

        Assert.Equal(new Conflict(ConflictKind.Stream, "thing-a", 1), exception.Conflict);
        Assert.Empty(Scope.Written);
    }

    [Fact]
    public async Task Refuses_when_what_was_only_read_moved_meanwhile()
    {
        var work = Work();
        (await work.LoadAsync<Thing>(Thing.Stream("read"), default)).Require();
        work.Start<Thing>(Thing.Stream("a")).Append(new Thing.Happened("x"));
        await _node.HappenAsync(Thing.Stream("read"), "moved");

        await Assert.ThrowsAsync<ConflictException>(() => work.CommitAsync(default).AsTask());

        Assert.Empty(await _node.CountedAsync(Thing.Stream("a")));
    }

    [Fact]
    public async Task Stores_what_joined_by_its_own_commit_and_not_before()
    {
        Happen(Thing.Stream("a"), out var outer);
        await outer.JoinAsync(async () =>
        {
            Happen(Thing.Stream("b"), out var inner);
            inner.Send(new SendMessage(Id.New(TimeProvider.System, new Bucket(1)), "job", new Bucket(1), 5, default, []));
            await inner.CommitAsync(default);
            return 0;
        });
        Assert.Equal(0, await _store.HeadAsync(default));

        await outer.CommitAsync(default);

        Assert.Equal(2, await _store.HeadAsync(default));
        Assert.Single(await _store.TakeAsync(new TakeMessages(["job"], 10, "me", TimeSpan.FromMinutes(1)), default));
    }

    [Fact]
    public async Task Stores_what_was_joined_within_what_joined()
    {
        Happen(Thing.Stream("a"), out var outer);
        await outer.JoinAsync(async () =>
        {
            Happen(Thing.Stream("b"), out var inner);
            await inner.JoinAsync(async () =>
            {
                Happen(Thing.Stream("c"), out var innermost);
                await innermost.CommitAsync(default);
                return 0;
            });
            await inner.CommitAsync(default);
            return 0;
        });

        await outer.CommitAsync(default);

        Assert.Equal(3, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Stores_nothing_of_what_joined_when_it_never_commits_itself()
    {
        var outer = Work();
        await Assert.ThrowsAsync<InvalidOperationException>(() => outer.JoinAsync<int>(async () =>
        {
            Happen(Thing.Stream("b"), out var inner);
            await inner.CommitAsync(default);
            throw new InvalidOperationException("after all not");
        }));

        Happen(Thing.Stream("later"), out var next);
        await next.CommitAsync(default);

        Assert.Equal(1, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Refuses_two_decisions_about_one_thing_that_have_not_seen_each_other()
    {
        Happen(Thing.Stream("a"), out var outer);

        await Assert.ThrowsAsync<InvalidOperationException>(() => outer.JoinAsync(async () =>
        {
            Happen(Thing.Stream("a"), out var inner);
            await inner.CommitAsync(default);
            return 0;
        }));
    }

    [Fact]
    public async Task Refuses_to_lie_in_two_buckets()
    {
        Happen(Thing.Stream("a", bucket: 1), out var work);
        work.Start<Thing>(Thing.Stream("b", bucket: 2)).Append(new Thing.Happened("x"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => work.CommitAsync(default).AsTask());

        Assert.Equal(0, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Decides_again_on_fresh_state_when_another_commit_was_faster()
    {
        var runs = 0;

        var result = await SendAsync(
            new Count(Thing.Stream("a"), "mine", () => ++runs == 1 ? _node.HappenAsync(Thing.Stream("a"), "theirs") : Task.CompletedTask));

        Assert.Equal(2, result);
        Assert.Equal(["theirs", "mine after 1"], await _node.CountedAsync(Thing.Stream("a")));
    }

    [Fact]
    public async Task Conflicts_when_others_were_faster_four_times()
    {
        var runs = 0;

        await Assert.ThrowsAsync<ConflictException>(
            () => SendAsync(new Count(Thing.Stream("a"), "mine", () => _node.HappenAsync(Thing.Stream("a"), $"{++runs}"))));

        Assert.Equal(["1", "2", "3", "4"], await _node.CountedAsync(Thing.Stream("a")));
    }

    [Fact]
    public async Task Commits_behind_the_fence_of_a_lease_that_holds()
    {
        Scope.Guard = await TakeAsync();
        Happen(Thing.Stream("a"), out var work);

        await work.CommitAsync(default);

        Assert.Single(await _node.CountedAsync(Thing.Stream("a")));
    }

    [Fact]
    public async Task Stores_nothing_behind_the_fence_of_a_lease_that_was_lost()
    {
        var guard = await TakeAsync();
        await _store.ReleaseAllAsync("me", default);
        await _store.TakeAsync(new TakeMessages(["job"], 1, "another", TimeSpan.FromMinutes(1)), default);
        Scope.Guard = guard;
        Happen(Thing.Stream("a"), out var work);

        var exception = await Assert.ThrowsAsync<ConflictException>(() => work.CommitAsync(default).AsTask());

        Assert.Equal(ConflictKind.Message, exception.Conflict.Kind);
        Assert.Empty(await _node.CountedAsync(Thing.Stream("a")));
    }

    private CommitScope Scope => _scope.ServiceProvider.GetRequiredService<CommitScope>();

    private UnitOfWork Work() => _scope.ServiceProvider.GetRequiredService<UnitOfWork>();

    private void Happen(StreamId stream, out UnitOfWork work)
    {
        work = Work();
        work.Start<Thing>(stream).Append(new Thing.Happened("x"));
    }

    private async Task<int> SendAsync(Count request)
    {
        (await _scope.ServiceProvider.GetRequiredService<IMediator>().Send(request, default)).TryGet(out var count, out _);
        return count;
    }

    private async Task<GuardMessage> TakeAsync()
    {
        var sent = new SendMessage(Id.New(TimeProvider.System, new Bucket(1)), "job", new Bucket(1), 5, default, []);
        await _node.Shard.CommitAsync(new Commit { Id = sent.Id, Bucket = new Bucket(1), Messages = [sent] }, default);
        var taken = Assert.Single(await _store.TakeAsync(new TakeMessages(["job"], 1, "me", TimeSpan.FromMinutes(1)), default));
        return new GuardMessage(taken.Id, taken.Token);
    }

    private async Task DropAsync(params IReadOnlyList<string> kinds)
    {
        foreach (var kind in kinds)
        {
            await WriteAsync(new DocumentWrite(kind, "a", new Bucket(1), null, 1));
        }
    }

    private async Task WriteAsync(DocumentWrite document) => await _node.Shard.CommitAsync(
        new Commit { Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(1), Documents = [document] }, default);
}
