namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    private static readonly TimeSpan _lease = TimeSpan.FromMinutes(1);

    private SendMessage Send(string kind, int lane = 5, TimeSpan delay = default) =>
        new(NewId(), kind, _bucket, lane, _clock.GetUtcNow() + delay, System.Text.Encoding.UTF8.GetBytes($"{kind} ü"));

    private async Task<SendMessage> SentAsync(string kind = "tests.work", int lane = 5, TimeSpan delay = default)
    {
        var message = Send(kind, lane, delay);
        await WriteAsync(message);
        return message;
    }

    private Task<long> WriteAsync(params MessageWrite[] writes) => CommittedAsync(NewCommit() with { Messages = writes });

    private Task<Conflict> WriteConflictAsync(params MessageWrite[] writes) => ConflictAsync(NewCommit() with { Messages = writes });

    private async Task<IReadOnlyList<TakenMessage>> TakeAsync(string kind = "tests.work", int max = 10, string owner = "node-1") =>
        await Store.TakeAsync(new TakeMessages([kind], max, owner, _lease), Cancellation);

    [Fact]
    public async Task Gives_a_message_to_one_taker_as_it_was_sent()
    {
        var sent = await SentAsync();

        var taken = Assert.Single(await TakeAsync());

        Assert.Equal((sent.Id, sent.Kind, sent.Bucket), (taken.Id, taken.Kind, taken.Bucket));
        Assert.Equal(sent.Body, taken.Body);
        Assert.Empty(await TakeAsync(owner: "node-2"));
    }

    [Fact]
    public async Task Gives_each_message_to_exactly_one_of_many_takers()
    {
        await WriteAsync([.. Enumerable.Range(0, 200).Select(_ => Send("tests.work"))]);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var mine = new List<Guid>();
            while (await TakeAsync(max: 7, owner: $"node-{i}") is { Count: > 0 } page)
            {
                mine.AddRange(page.Select(m => m.Id));
            }

            return mine;
        }, Cancellation)));

        Assert.Equal(200, taken.Sum(mine => mine.Count));
        Assert.Equal(200, taken.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task Gives_a_message_again_when_its_lease_has_run_out_and_fences_the_first_taker()
    {
        var sent = await SentAsync();
        var first = Assert.Single(await TakeAsync());
        _clock.Advance(_lease - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await TakeAsync());

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = Assert.Single(await TakeAsync(owner: "node-2"));

        Assert.True(second.Token > first.Token);
        Assert.False(await Store.ExtendAsync(first, _lease, Cancellation));
        foreach (var write in new MessageWrite[]
            {
                new SettleMessage(sent.Id, first.Token), new DeferMessage(sent.Id, first.Token, default),
                new GuardMessage(sent.Id, first.Token),
            })
        {
            var stream = NewStream();
            var conflict = await ConflictAsync(Appending(stream, 0, "effect") with { Messages = [write] });

            Assert.Equal(new Conflict(ConflictKind.Message, sent.Id.ToString(), second.Token), conflict);
            Assert.Empty(await StreamAsync(stream));
        }

        await WriteAsync(new GuardMessage(sent.Id, second.Token), new SettleMessage(sent.Id, second.Token));
    }

    [Fact]
    public async Task Prolongs_a_lease_from_now_on()
    {
        await SentAsync();
        var taken = Assert.Single(await TakeAsync());
        _clock.Advance(_lease / 2);

        Assert.True(await Store.ExtendAsync(taken, _lease, Cancellation));
        _clock.Advance(_lease * 0.75);

        Assert.Empty(await TakeAsync());
        _clock.Advance(_lease * 0.25);
        Assert.Single(await TakeAsync());
    }

    [Fact]
    public async Task Never_gives_a_settled_message_again()
    {
        var sent = await SentAsync();
        var taken = Assert.Single(await TakeAsync());

        await WriteAsync(new SettleMessage(sent.Id, taken.Token));
        _clock.Advance(_lease * 2);

        Assert.Empty(await TakeAsync());
        Assert.Equal(0, (await WriteConflictAsync(new SettleMessage(sent.Id, taken.Token))).Current);
        Assert.False(await Store.ExtendAsync(taken, _lease, Cancellation));
    }

    [Fact]
    public async Task Gives_back_what_is_deferred_when_it_is_due()
    {
        var sent = await SentAsync();
        var first = Assert.Single(await TakeAsync());

        await WriteAsync(new DeferMessage(sent.Id, first.Token, _clock.GetUtcNow() + TimeSpan.FromHours(1)));

        Assert.Equal(ConflictKind.Message, (await WriteConflictAsync(new SettleMessage(sent.Id, first.Token))).Kind);
        Assert.False(await Store.ExtendAsync(first, _lease, Cancellation));
        _clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await TakeAsync());
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(Assert.Single(await TakeAsync()).Token > first.Token);
    }

    [Fact]
    public async Task Cancels_a_message_that_any_node_holds()
    {
        var (waiting, held) = (await SentAsync(delay: TimeSpan.FromHours(1)), await SentAsync());
        var taken = Assert.Single(await TakeAsync());

        await WriteAsync(new CancelMessage(waiting.Id), new CancelMessage(held.Id), new CancelMessage(NewId()));

        await WriteConflictAsync(new GuardMessage(held.Id, taken.Token));
        Assert.Null(await Store.NextDueAsync(["tests.work"], Cancellation));
    }

    [Fact]
    public async Task Changes_nothing_when_a_message_that_is_there_is_sent_again()
    {
        var sent = await SentAsync();
        var taken = Assert.Single(await TakeAsync());

        await WriteAsync(sent with { Body = [] });

        Assert.Empty(await TakeAsync());
        await WriteAsync(new SettleMessage(sent.Id, taken.Token));
    }

    [Fact]
    public async Task Counts_no_lease_that_was_not_taken()
    {
        var sent = await SentAsync();

        await WriteConflictAsync(new SettleMessage(sent.Id, 0));

        Assert.Single(await TakeAsync());
    }

    [Fact]
    public async Task Makes_due_at_once_what_an_owner_had_taken()
    {
        await WriteAsync(Send("tests.work"), Send("tests.work"));
        var mine = await TakeAsync(max: 1, owner: "node-1");
        var others = await TakeAsync(max: 1, owner: "node-2");

        Assert.Equal(1, await Store.ReleaseAllAsync("node-1", Cancellation));

        Assert.False(await Store.ExtendAsync(mine[0], _lease, Cancellation));
        Assert.True(await Store.ExtendAsync(others[0], _lease, Cancellation));
        Assert.Equal(mine[0].Id, Assert.Single(await TakeAsync(owner: "node-1")).Id);
        Assert.Equal(0, await Store.ReleaseAllAsync("none", Cancellation));
    }

    [Fact]
    public async Task Gives_the_lowest_lane_first_and_within_it_the_longest_due()
    {
        var late = await SentAsync("tests.work", lane: 9, delay: TimeSpan.FromSeconds(-9));
        var second = await SentAsync("tests.other", lane: 0, delay: TimeSpan.FromSeconds(-1));
        var first = await SentAsync("tests.work", lane: 0, delay: TimeSpan.FromSeconds(-2));
        var third = await SentAsync("tests.work", lane: 1, delay: TimeSpan.FromSeconds(-5));

        var two = await Store.TakeAsync(new TakeMessages(["tests.work", "tests.other"], 2, "node-1", _lease), Cancellation);
        var rest = await Store.TakeAsync(new TakeMessages(["tests.work", "tests.other"], 9, "node-1", _lease), Cancellation);

        Assert.Equal([first.Id, second.Id], two.Select(m => m.Id));
        Assert.Equal([third.Id, late.Id], rest.Select(m => m.Id));
    }

    [Fact]
    public async Task Gives_only_what_is_due_and_of_a_kind_the_taker_can_handle()
    {
        var future = await SentAsync(delay: TimeSpan.FromMinutes(5));
        await SentAsync("tests.other");

        Assert.Empty(await TakeAsync());
        Assert.Empty(await Store.TakeAsync(new TakeMessages([], 10, "node-1", _lease), Cancellation));
        Assert.Equal(future.Due, await Store.NextDueAsync(["tests.work", "tests.never"], Cancellation));
        Assert.Equal(_clock.GetUtcNow(), await Store.NextDueAsync(["tests.work", "tests.other"], Cancellation));
        Assert.Null(await Store.NextDueAsync(["tests.never"], Cancellation));

        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(future.Id, Assert.Single(await TakeAsync()).Id);
        Assert.Equal(_clock.GetUtcNow() + _lease, await Store.NextDueAsync(["tests.work"], Cancellation));
    }
}
