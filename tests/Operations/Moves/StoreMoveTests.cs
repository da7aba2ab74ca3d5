using System.Collections.Concurrent;
using Monolith.Host;
using Monolith.Operations.Moves;

namespace Monolith.Operations.Tests.Moves;

/// <summary>All of a store is moved while it is written to, and wherever it breaks off nothing is lost.</summary>
public sealed class StoreMoveTests
{
    private static readonly Lazy<StoredJson> _json = new(
        () => new DeploymentFactory().Build([], null).Services.GetRequiredService<StoredJson>());

    private readonly MemoryStore _source = new(TimeProvider.System);
    private readonly MemoryStore _target = new(TimeProvider.System);
    private readonly ConcurrentQueue<string> _told = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holds_in_the_target_all_that_was_acknowledged_while_it_was_made()
    {
        await _source.AppendAsync("before", 700);
        using var enough = new CancellationTokenSource();
        using var turns = new SemaphoreSlim(4);
        var steps = 0;
        var (stores, move) = await PrepareAsync(InterceptedStore.BeforeTransfer(_source, method =>
        {
            // Something is written beside each of the first steps, and no more than the move can follow.
            if (method == nameof(IStore.ReadLogAsync) && ++steps <= 50)
            {
                turns.Release(4);
            }
        }));
        var writing = Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => Task.Run(() => WriteAsync(stores, $"writer-{i}", turns, enough.Token))));
        await Eventually.IsSoAsync(() => turns.CurrentCount == 0); // a busy machine may start them late

        try
        {
            await move.RunAsync(stores, Cancelled);
        }
        finally
        {
            await enough.CancelAsync();
        }

        var written = await writing;

        Assert.True(stores.IsMoved);
        Assert.InRange(written.Sum(), 1, 1000);
        for (var i = 0; i < written.Length; i++)
        {
            Assert.Equal(written[i], (await _target.ReadStreamAsync(Written.StreamOf($"writer-{i}"), 0, int.MaxValue, Cancelled)).Count);
        }

        Assert.Contains(
            _told,
            line => line.StartsWith("Moved ", StringComparison.Ordinal)
                && line.Contains(" events to there; writes waited ", StringComparison.Ordinal));
        Assert.Equal(ConflictKind.Epoch, Assert.IsType<Conflict>(await _source.CommitAsync(Written.Event("late", 0))).Kind);
        Assert.Null(await _target.FindAsync(MoveMark.Kind, MoveMark.Incoming, Cancelled));
    }

    [Fact]
    public async Task Goes_on_wherever_it_broke_off()
    {
        await FillAsync();
        var all = await _source.AllAsync();
        var (rounds, isMoved) = (0, false);
        for (; !isMoved; rounds++)
        {
            var left = rounds; // one more step each time before everything breaks off
            try
            {
                var (stores, move) = await PrepareAsync(BreakingAfter(_source), BreakingAfter(_target));
                await move.RunAsync(stores, Cancelled);
                isMoved = stores.IsMoved;
            }
            catch (StoreUnavailableException)
            {
                // The next round goes on.
            }

            ITransferStore BreakingAfter(ITransferStore store) => InterceptedStore.BeforeTransfer(store, _ =>
            {
                if (Interlocked.Decrement(ref left) < 0)
                {
                    throw new StoreUnavailableException("broken off", isFull: false, null);
                }
            });
        }

        Assert.InRange(rounds, 10, 1000); // so many places to break off
        Assert.Equal(all, await _target.AllAsync());
        Assert.Null(await _target.FindAsync(MoveMark.Kind, MoveMark.Incoming, Cancelled));
        Assert.NotNull(await _source.FindAsync(MoveMark.Kind, MoveMark.Gone, Cancelled));
        Assert.Equal(ConflictKind.Epoch, Assert.IsType<Conflict>(await _source.CommitAsync(Written.Event("late", 0))).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Begins_with_an_empty_target_alone(bool hasEvents)
    {
        await _target.WriteAsync(hasEvents ? Written.Event("a", 0) : Written.Documents(Written.Document("a", "1")));

        var refused = await Assert.ThrowsAsync<MoveException>(() => PrepareAsync());

        Assert.Equal("the target is not empty; a move needs a store of its own", refused.Message);
    }

    [Fact]
    public async Task Says_where_a_store_went_that_was_moved_elsewhere()
    {
        var (stores, move) = await PrepareAsync();
        await move.RunAsync(stores, Cancelled);

        var refused = await Assert.ThrowsAsync<MoveException>(
            () => PrepareAsync(target: new MemoryStore(TimeProvider.System), to: "elsewhere"));

        Assert.Equal("it was moved to there already", refused.Message);
    }

    [Fact]
    public async Task Serves_from_the_target_at_once_when_it_is_run_again_after_its_end()
    {
        await FillAsync();
        var (first, move) = await PrepareAsync();
        await move.RunAsync(first, Cancelled);

        var (again, none) = await PrepareAsync();
        await none.RunAsync(again, Cancelled);

        Assert.True(again.IsMoved);
        Assert.Equal("The move to there is complete; configure that store", _told.Last());
        await again.WriteAsync(Written.Event("after", 0));
        Assert.Single(await _target.ReadStreamAsync(Written.StreamOf("after"), 0, 9, Cancelled));
    }

    [Theory]
    [InlineData(1)] // while all of it is copied
    [InlineData(3)] // while what came meanwhile is copied
    [InlineData(4)] // while writes wait for the switch
    public async Task Leaves_the_source_serving_when_it_is_cancelled(int look)
    {
        await FillAsync();
        using var cancelled = new CancellationTokenSource();
        var looks = 0;
        var (stores, move) = await PrepareAsync(InterceptedStore.BeforeTransfer(_source, method =>
        {
            if (method == nameof(IStore.ReadLogAsync) && ++looks == look)
            {
                cancelled.Cancel();
                cancelled.Token.ThrowIfCancellationRequested(); // as every store on a disk or a server does
            }
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.RunAsync(stores, cancelled.Token));

        Assert.Equal((look, false), (looks, stores.IsMoved));
        await stores.WriteAsync(Written.Event("after", 0));
        Assert.Single(await _source.ReadStreamAsync(Written.StreamOf("after"), 0, 9, Cancelled));
    }

    [Fact]
    public async Task Copies_on_when_the_switch_would_take_longer_than_a_second()
    {
        var (entered, gate) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var (stores, move) = await PrepareAsync(InterceptedStore.BeforeTransfer(_source, method =>
        {
            if (method == nameof(IStore.ReleaseAllAsync))
            {
                entered.TrySetResult();
                gate.Wait(Cancelled);
            }
        }));
        var held = Task.Run(async () => await stores.ReleaseAllAsync("me", Cancelled), Cancelled);
        await entered.Task;

        var moving = move.RunAsync(stores, Cancelled);
        await Eventually.IsSoAsync(() => _told.Contains("The switch would have taken longer than a second; copying on"));
        Assert.False(stores.IsMoved);
        gate.Set();
        await moving;

        await held;
        Assert.True(stores.IsMoved);
    }

    private static async Task<long> WriteAsync(MovingStore stores, string stream, SemaphoreSlim turns, CancellationToken enough)
    {
        for (var version = 0L; ; version++)
        {
            try
            {
                await turns.WaitAsync(enough);
            }
            catch (OperationCanceledException)
            {
                return version;
            }

            await stores.WriteAsync(Written.Event(stream, version));
            await stores.WriteAsync(Written.Documents(Written.Document(stream, $"{version}")));
        }
    }

    private async Task FillAsync()
    {
        await _source.AppendAsync("a", 3);
        await _source.AppendAsync("b", 2);
        await _source.WriteAsync(Written.Documents(Written.Document("a", "1", "claim"), Written.Document("b", "1")));
        await _source.WriteAsync(Written.Messages(Written.Message(Written.NewId(), "job")));
    }

    private async Task<(MovingStore Stores, StoreMove Move)> PrepareAsync(
        ITransferStore? source = null, ITransferStore? target = null, string to = "there")
    {
        var move = new StoreMove(to, _json.Value, TimeProvider.System, _told.Enqueue);
        var stores = new MovingStore(source ?? _source, target ?? _target, move.PrepareAsync);
        await stores.OpenAsync(Cancelled);
        return (stores, move);
    }
}
