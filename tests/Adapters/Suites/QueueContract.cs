namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every queue promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class QueueContract : IAsyncLifetime
{
    // Long enough that none runs out while the clock is pushed on to let a consumer wait.
    private static readonly TimeSpan _lease = TimeSpan.FromHours(1);

    private IQueue Queue { get; set; } = null!;

    private Shards Shards { get; set; } = null!;

    private protected FakeClock Clock { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a queue over empty stores.</summary>
    internal abstract ValueTask<(IQueue Queue, Shards Shards)> StartAsync(FakeClock clock);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    /// <summary>How far the clock jumps at a time while a consumer waits: shorter where messages need some time to arrive.</summary>
    protected virtual TimeSpan Step => TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until what was sent has arrived where takers look. Their order holds among these.</summary>
    protected virtual Task ArriveAsync(int count) => Task.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => (Queue, Shards) = await StartAsync(Clock);

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        await Shards.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Brings_what_was_sent()
    {
        var sent = await SendAsync(body: "grüße"u8.ToArray());

        var taken = Assert.Single(await TakeAsync());

        Assert.Equal((sent.Id, sent.Kind, sent.Bucket), (taken.Id, taken.Kind, taken.Bucket));
        Assert.Equal(sent.Body, taken.Body);
        Assert.True(taken.Token > 0);
    }

    [Fact]
    public async Task Brings_what_is_sent_while_a_consumer_waits()
    {
        var taking = TakeOnceAsync("job");
        await Task.Yield();
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(taking.IsCompleted);

        var sent = await SendAsync();

        Assert.Equal(sent.Id, Assert.Single(await Eventually.ComesAsync(taking, Clock, Step)).Id);
    }

    [Fact]
    public async Task Brings_a_message_when_it_falls_due_and_not_before()
    {
        var due = Clock.GetUtcNow() + TimeSpan.FromMilliseconds(700);
        await SendAsync(due: due);

        Assert.Single(await Eventually.ComesAsync(TakeOnceAsync("job"), Clock, Step));

        Assert.InRange(Clock.GetUtcNow(), due, due + TimeSpan.FromMilliseconds(400));
    }

    [Fact]
    public async Task Comes_back_empty_handed_so_that_the_taker_can_breathe() =>
        Assert.Empty(await Eventually.ComesAsync(TakeOnceAsync("job"), Clock, Step));

    [Fact]
    public async Task Brings_only_what_the_taker_can_handle()
    {
        await SendAsync("other");
        var sent = await SendAsync("job");

        Assert.Equal(sent.Id, Assert.Single(await TakeAsync()).Id);
        Assert.Empty(await Eventually.ComesAsync(TakeOnceAsync(), Clock, Step));
    }

    [Fact]
    public async Task Brings_a_message_to_one_of_many_takers()
    {
        var sent = new List<Guid>();
        for (var i = 0; i < 40; i++)
        {
            sent.Add((await SendAsync(bucket: i * 100)).Id);
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TakeAsync(count: 5), Cancellation)));

        Assert.Equal(sent.Order(), taken.SelectMany(t => t).Select(t => t.Id).Order());
    }

    [Fact]
    public async Task Brings_no_more_than_asked_for_and_the_lowest_lane_first()
    {
        var last = await SendAsync(lane: 9);
        var first = await SendAsync(lane: 0);
        var second = await SendAsync(lane: 5);
        await ArriveAsync(3);

        Assert.Equal([first.Id, second.Id], (await TakeAsync(count: 2)).Select(t => t.Id));
        Assert.Equal(last.Id, Assert.Single(await TakeAsync()).Id);
    }

    [Fact]
    public async Task Leaves_no_bucket_waiting_for_the_busy_ones()
    {
        for (var i = 0; i < 60; i++)
        {
            await SendAsync(bucket: 0);
        }

        var quiet = await SendAsync(bucket: 1);
        var others = await SendAsync(bucket: 2);
        Clock.Advance(TimeSpan.FromSeconds(1));

        var taken = await TakeAsync(count: 62);

        Assert.Contains(quiet.Id, taken.Select(t => t.Id));
        Assert.Contains(others.Id, taken.Select(t => t.Id));
    }

    [Fact]
    public async Task Brings_a_message_again_under_a_higher_token_when_its_lease_ran_out()
    {
        await SendAsync();
        var lost = Assert.Single(await TakeAsync());

        Clock.Advance(_lease);
        var again = Assert.Single(await TakeAsync());

        Assert.Equal(lost.Id, again.Id);
        Assert.True(again.Token > lost.Token);
        Assert.False(await Queue.ExtendAsync(lost, _lease, Cancellation));
        Assert.IsType<Conflict>(await CommitAsync(lost.Bucket, new SettleMessage(lost.Id, lost.Token)));
    }

    [Fact]
    public async Task Prolongs_a_lease_in_whatever_bucket_it_is()
    {
        foreach (var bucket in new[] { 0, 1, 2, 4095 })
        {
            await SendAsync(bucket: bucket);
            var taken = Assert.Single(await TakeAsync());
            Clock.Advance(_lease / 2);

            Assert.True(await Queue.ExtendAsync(taken, _lease, Cancellation));
            Clock.Advance(_lease / 2);
            Assert.Empty(await Eventually.ComesAsync(TakeOnceAsync("job"), Clock, Step));
            Assert.IsType<Committed>(await CommitAsync(taken.Bucket, new SettleMessage(taken.Id, taken.Token)));
            Assert.False(await Queue.ExtendAsync(taken, _lease, Cancellation));
        }
    }

    [Fact]
    public async Task Brings_a_message_back_when_it_was_deferred()
    {
        await SendAsync();
        var taken = Assert.Single(await TakeAsync());

        await CommitAsync(taken.Bucket, new DeferMessage(taken.Id, taken.Token, Clock.GetUtcNow() + TimeSpan.FromSeconds(1)));

        Assert.True(Assert.Single(await TakeAsync()).Token > taken.Token);
    }

    [Fact]
    public async Task Releases_at_once_what_an_owner_held_in_any_bucket_and_wakes_those_who_wait()
    {
        for (var i = 0; i < 3; i++)
        {
            await SendAsync(bucket: i);
        }

        var held = await TakeAsync(count: 3, owner: "dead");
        await SendAsync(bucket: 5);
        var kept = await TakeAsync(owner: "living");
        var waiting = Task.Run(() => TakeAsync(count: 3, owner: "living"), Cancellation);

        await Queue.ReleaseAllAsync("dead", Cancellation);

        Assert.Equal(held.Select(t => t.Id).Order(), (await waiting).Select(t => t.Id).Order());
        Assert.True(await Queue.ExtendAsync(Assert.Single(kept), _lease, Cancellation));
        Assert.False(await Queue.ExtendAsync(held[0], _lease, Cancellation));
    }

    [Fact]
    public async Task Stops_waiting_when_it_is_cancelled()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var taking = Queue.TakeAsync(new TakeMessages(["job"], 1, "node", _lease), cancelled.Token).AsTask();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Eventually.ComesAsync(taking));
    }

    private async Task<SendMessage> SendAsync(
        string kind = "job", int bucket = 1, int lane = 0, DateTimeOffset? due = null, byte[]? body = null)
    {
        var message = new SendMessage(
            Id.New(Clock, new Bucket(bucket)), kind, new Bucket(bucket), lane, due ?? Clock.GetUtcNow(), body ?? []);
        Assert.IsType<Committed>(await CommitAsync(message.Bucket, message));
        return message;
    }

    private async Task<CommitOutcome> CommitAsync(Bucket bucket, MessageWrite message) => await Shards.Of(bucket).CommitAsync(
        new Commit { Id = Id.New(Clock, bucket), Bucket = bucket, Epoch = Shards.Epoch, Messages = [message] }, Cancellation);

    private ValueTask<IReadOnlyList<TakenMessage>> TakeOnceAsync(params IReadOnlyList<string> kinds) =>
        Queue.TakeAsync(new TakeMessages(kinds, 10, "node", _lease), Cancellation);

    // So many, in as many calls as it takes.
    private async Task<List<TakenMessage>> TakeAsync(int count = 1, string owner = "node")
    {
        var taken = new List<TakenMessage>();
        for (var calls = 0; taken.Count < count && calls < 200; calls++)
        {
            var request = new TakeMessages(["job"], count - taken.Count, owner, _lease);
            var some = await Eventually.ComesAsync(Queue.TakeAsync(request, Cancellation), Clock, Step);
            Assert.InRange(some.Count, 0, request.Max);
            taken.AddRange(some);
        }

        Assert.Equal(count, taken.Count);
        return taken;
    }
}
