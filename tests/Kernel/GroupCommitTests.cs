namespace Monolith.Kernel.Tests;

public sealed class GroupCommitTests : IAsyncDisposable
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly List<long> _batches = [];
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly GroupCommit _groupCommit;
    private Exception? _failure;

    public GroupCommitTests() => _groupCommit = new GroupCommit(
        InterceptedStore.Before(_store, Intercept),
        (_, outcomes) => _batches.Add(outcomes.Max(o => o is Committed c ? c.Position : 0)));

    public async ValueTask DisposeAsync()
    {
        _gate.Set();
        await _groupCommit.DisposeAsync();
        _gate.Dispose();
    }

    [Fact]
    public async Task Sends_what_queued_up_meanwhile_as_one_batch()
    {
        var first = await BlockAsync();
        var rest = Enumerable.Range(1, 100).Select(i => CommitAsync($"s{i}")).ToList();
        _gate.Set();

        await Task.WhenAll([first, .. rest]);

        Assert.Equal([1, 101], _batches);
    }

    [Fact]
    public async Task Sends_a_lone_commit_at_once()
    {
        Assert.Equal(new Committed(1), await CommitAsync("a"));
        Assert.Equal(new Committed(2), await CommitAsync("b"));

        Assert.Equal([1, 2], _batches);
    }

    [Fact]
    public async Task Tells_each_its_own_outcome_so_that_a_conflict_fails_no_neighbour()
    {
        var first = await BlockAsync();
        Task<CommitOutcome>[] rest = [CommitAsync("a"), CommitAsync("a"), CommitAsync("b")];
        _gate.Set();

        var outcomes = await Task.WhenAll(rest);

        Assert.Equal([new Committed(2), new Conflict(ConflictKind.Stream, "thing-a", 1), new Committed(3)], outcomes);
        Assert.Equal(new Committed(1), await first);
    }

    [Fact]
    public async Task Says_zero_when_a_batch_stored_nothing()
    {
        await CommitAsync("a");

        await CommitAsync("a");

        Assert.Equal([1, 0], _batches);
    }

    [Fact]
    public async Task Tells_every_caller_in_the_batch_when_the_store_fails_and_goes_on()
    {
        var first = await BlockAsync();
        Task<CommitOutcome>[] rest = [CommitAsync("a"), CommitAsync("b")];
        _failure = new StoreUnavailableException("away", isFull: false, null);
        _gate.Set();

        foreach (var task in rest.Append(first))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => task);
        }

        _failure = null;
        Assert.Equal(new Committed(1), await CommitAsync("a"));
    }

    [Fact]
    public async Task Tells_how_it_ended_though_no_caller_wanted_to_wait_any_longer()
    {
        using var cancelled = new CancellationTokenSource();
        var first = await BlockAsync();
        var second = _groupCommit.CommitAsync(NewCommit("a"), cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        _gate.Set();

        Assert.Equal(new Committed(2), await second);
        Assert.Equal(new Committed(1), await first);
    }

    [Fact]
    public async Task Stores_nothing_of_what_was_cancelled_before_it_queued()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _groupCommit.CommitAsync(NewCommit("a"), new CancellationToken(true)).AsTask());

        Assert.Equal(new Committed(1), await CommitAsync("a"));
    }

    [Fact]
    public async Task Lets_what_is_waiting_go_out_before_it_ends()
    {
        var first = await BlockAsync();
        var second = CommitAsync("a");
        var end = _groupCommit.DisposeAsync();
        _gate.Set();
        await end;

        Assert.Equal([new Committed(1), new Committed(2)], await Task.WhenAll(first, second));
    }

    // The first commit of a test, held up inside of the store.
    private async Task<Task<CommitOutcome>> BlockAsync()
    {
        _gate.Reset();
        var first = CommitAsync("first");
        await _entered.Task;
        return first;
    }

    private void Intercept(string method)
    {
        if (method == nameof(IStore.CommitAsync))
        {
            _entered.TrySetResult();
            _gate.Wait();
            if (_failure is { } failure)
            {
                throw failure;
            }
        }
    }

    private Task<CommitOutcome> CommitAsync(string key) => _groupCommit.CommitAsync(NewCommit(key), CancellationToken.None).AsTask();

    private static Commit NewCommit(string key) => new()
    {
        Id = Id.New(TimeProvider.System, new Bucket(1)),
        Bucket = new Bucket(1),
        Appends = [
            new Append(
                Thing.Stream(key), 0,
                [new NewEvent(Id.New(TimeProvider.System, new Bucket(1)), "things.happened.v1", "{}"u8.ToArray(), default, default)])],
    };
}
