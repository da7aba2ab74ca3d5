using Monolith.Operations.Moves;

namespace Monolith.Operations.Tests.Moves;

/// <summary>A store that is being moved, as its users see it.</summary>
public sealed class MovingStoreTests
{
    private readonly MemoryStore _source = new(TimeProvider.System);
    private readonly MemoryStore _target = new(TimeProvider.System);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serves_from_the_source_and_after_the_switch_from_the_target()
    {
        var moving = Moving();
        await moving.WriteAsync(Written.Event("a", 0));
        await moving.CloseAsync();
        moving.Reopen(isMoved: true);
        await moving.WriteAsync(Written.Event("b", 0));

        Assert.True(moving.IsMoved);
        Assert.Equal((1, 1), (await _source.HeadAsync(Cancelled), await _target.HeadAsync(Cancelled)));
        Assert.Empty(await moving.ReadStreamAsync(Written.StreamOf("a"), 0, 9, Cancelled));
        Assert.Single(await moving.ReadStreamAsync(Written.StreamOf("b"), 0, 9, Cancelled));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lets_writes_wait_while_it_is_closed_and_reads_go_on(bool isMoved)
    {
        var moving = Moving();
        await moving.WriteAsync(Written.Event("a", 0));
        await moving.CloseAsync();

        var waiting = moving.CommitAsync(Written.Event("b", 0));

        Assert.Single(await moving.ReadStreamAsync(Written.StreamOf("a"), 0, 9, Cancelled));
        Assert.Equal(1, await moving.HeadAsync(Cancelled));
        Assert.False(waiting.IsCompleted);
        moving.Reopen(isMoved);
        Assert.IsType<Committed>(await waiting);
        Assert.Equal(isMoved ? (1, 1) : (2, 0), (await _source.HeadAsync(Cancelled), await _target.HeadAsync(Cancelled)));
    }

    [Fact]
    public async Task Is_closed_when_the_last_write_that_is_under_way_has_ended()
    {
        var (entered, gate) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var moving = Moving(InterceptedStore.BeforeTransfer(_source, method =>
        {
            if (method == nameof(IStore.CommitAsync))
            {
                entered.TrySetResult();
                gate.Wait(Cancelled);
            }
        }));
        var writing = Task.Run(() => moving.CommitAsync(Written.Event("a", 0)), Cancelled);
        await entered.Task;

        var closing = moving.CloseAsync();

        Assert.False(closing.IsCompleted);
        gate.Set();
        await closing;
        Assert.IsType<Committed>(await writing);
    }

    [Fact]
    public async Task Notes_which_documents_and_messages_are_changed()
    {
        var moving = Moving();
        var (first, second) = (Written.NewId(), Written.NewId());
        await moving.WriteAsync(Written.Documents(Written.Document("a", "1"), Written.Document("b", "1")));
        await moving.WriteAsync(Written.Messages(Written.Message(first), Written.Message(second)));

        var changes = moving.TakeChanges();

        Assert.Equal([("tests.thing.v1", "a"), ("tests.thing.v1", "b")], changes.Documents.Order());
        Assert.Equal(new HashSet<Guid> { first, second }, changes.Messages);
        Assert.Equal((4, false), (changes.Count, changes.AnyMessage));
        Assert.Equal(0, moving.TakeChanges().Count);
        moving.Return(changes);
        Assert.Equal(4, moving.TakeChanges().Count);
    }

    [Fact]
    public async Task Notes_messages_whatever_is_done_with_them()
    {
        var (moving, id) = (Moving(), Written.NewId());
        await moving.WriteAsync(Written.Messages(Written.Message(id)));
        await NotesAsync(
            id,
            async () => Assert.Single(await moving.ReserveAsync(new ReserveMessages(["tests.job"], 1, TimeSpan.FromTicks(1)), Cancelled)));
        TakenMessage taken = null!;
        await NotesAsync(
            id,
            async () => taken = Assert.Single(
                await moving.TakeAsync(new TakeMessages(["tests.job"], 1, "me", TimeSpan.FromHours(1)), Cancelled)));
        await NotesAsync(id, async () => Assert.True(await moving.ExtendAsync(taken, TimeSpan.FromHours(2), Cancelled)));
        await NotesAsync(id, () => moving.WriteAsync(Written.Messages(new SettleMessage(id, taken.Token))));
        await NotesAsync(id, async () => await moving.ClaimAsync(
            new ClaimMessages(
                [new ReservedMessage(id, "tests.job", taken.Bucket, 0, taken.Body, taken.Token)], "me", TimeSpan.FromHours(1)), Cancelled));

        await moving.ReleaseAllAsync("me", Cancelled);
        Assert.True(moving.TakeChanges().AnyMessage);

        async Task NotesAsync(Guid message, Func<Task> change)
        {
            moving.TakeChanges();
            await change();
            Assert.Equal([message], moving.TakeChanges().Messages);
        }
    }

    [Fact]
    public async Task Notes_also_what_failed_because_it_may_be_there()
    {
        var moving = Moving(InterceptedStore.BeforeTransfer(_source, _ => throw new StoreUnavailableException("gone", false, null)));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => moving.CommitAsync(Written.Documents(Written.Document("a", "1"))));
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await moving.TakeAsync(new TakeMessages(["tests.job"], 1, "me", TimeSpan.FromHours(1)), Cancelled));

        var changes = moving.TakeChanges();
        Assert.Single(changes.Documents);
        Assert.True(changes.AnyMessage);
    }

    [Fact]
    public async Task Notes_nothing_more_once_it_is_moved()
    {
        var moving = Moving();
        await moving.CloseAsync();
        moving.Reopen(isMoved: true);

        await moving.WriteAsync(Written.Documents(Written.Document("a", "1")));

        Assert.Equal(0, moving.TakeChanges().Count);
    }

    [Fact]
    public async Task Is_prepared_when_both_stores_are_open_and_before_anything_is_read()
    {
        var calls = new List<string>();
        var moving = new MovingStore(
            InterceptedStore.BeforeTransfer(_source, m => calls.Add($"source {m}")),
            InterceptedStore.BeforeTransfer(_target, m => calls.Add($"target {m}")),
            (_, _) =>
            {
                calls.Add("prepare");
                return default;
            });

        await moving.OpenAsync(Cancelled);

        Assert.Equal(["source OpenAsync", "target OpenAsync", "prepare"], calls);
    }

    private MovingStore Moving(ITransferStore? source = null) => new(source ?? _source, _target, (_, _) => default);
}
