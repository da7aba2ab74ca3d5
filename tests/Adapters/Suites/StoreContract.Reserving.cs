namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    private async Task<IReadOnlyList<ReservedMessage>> ReserveAsync(string kind = "tests.work", int max = 10) =>
        await Store.ReserveAsync(new ReserveMessages([kind], max, _lease), Cancellation);

    private async Task<IReadOnlyList<TakenMessage>> ClaimAsync(params IReadOnlyList<ReservedMessage> reserved) =>
        await Store.ClaimAsync(new ClaimMessages(reserved, "node-1", _lease), Cancellation);

    [Fact]
    public async Task Reserves_a_message_once_and_gives_it_to_who_it_arrives_at()
    {
        var sent = await SentAsync();

        var reserved = Assert.Single(await ReserveAsync());
        Assert.Equal(
            (sent.Id, sent.Kind, sent.Bucket, sent.Lane, 0), (reserved.Id, reserved.Kind, reserved.Bucket, reserved.Lane, reserved.Token));
        Assert.Equal(sent.Body, reserved.Body);
        Assert.Empty(await ReserveAsync());
        Assert.Empty(await TakeAsync());

        var taken = Assert.Single(await ClaimAsync(reserved with { Body = [] })); // The store is the record.
        Assert.Equal((sent.Id, sent.Kind, sent.Bucket, 1), (taken.Id, taken.Kind, taken.Bucket, taken.Token));
        Assert.Equal(sent.Body, taken.Body);
        Assert.True(await Store.ExtendAsync(taken, _lease, Cancellation));
        await WriteAsync(new SettleMessage(sent.Id, taken.Token));
    }

    [Fact]
    public async Task Gives_one_copy_of_a_reserved_message_whatever_node_has_the_others()
    {
        await WriteAsync([.. Enumerable.Range(0, 50).Select(_ => Send("tests.work"))]);
        var reserved = await ReserveAsync(max: 50);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => ClaimAsync([.. reserved.Concat(reserved).OrderBy(m => (m.Id.GetHashCode() * 31) ^ i)]), Cancellation)));

        // One that two ask for in the same moment may go to neither, and is due again when its lease has run out.
        _clock.Advance(_lease);
        var late = await TakeAsync(max: 100);
        Assert.Equal(taken.SelectMany(t => t).Count(), taken.SelectMany(t => t).Select(m => m.Id).Distinct().Count());
        Assert.Equal(reserved.Select(m => m.Id).Order(), taken.SelectMany(t => t).Concat(late).Select(m => m.Id).Distinct().Order());
        Assert.Empty(await ClaimAsync(reserved));
    }

    [Fact]
    public async Task Reserves_again_under_the_same_token_what_did_not_arrive()
    {
        await SentAsync();
        var lost = Assert.Single(await ReserveAsync());
        _clock.Advance(_lease - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await ReserveAsync());

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(_clock.GetUtcNow(), await Store.NextDueAsync(["tests.work"], Cancellation));
        var again = Assert.Single(await ReserveAsync());

        Assert.Equal(lost.Token, again.Token);
        Assert.Equal(1, Assert.Single(await ClaimAsync(lost)).Token);
        Assert.Empty(await ClaimAsync(again));
    }

    [Fact]
    public async Task Gives_no_copy_of_what_was_taken_in_another_way_deferred_settled_or_cancelled()
    {
        var (takenStraight, settled, putOff, cancelled) = (await SentAsync(), await SentAsync(), await SentAsync(), await SentAsync());
        var reserved = await ReserveAsync();
        await WriteAsync(new CancelMessage(cancelled.Id));
        _clock.Advance(_lease);
        var taken = (await TakeAsync()).ToDictionary(m => m.Id, m => m.Token);

        await WriteAsync(
            new SettleMessage(settled.Id, taken[settled.Id]), new DeferMessage(putOff.Id, taken[putOff.Id], _clock.GetUtcNow()));

        Assert.Equal(4, reserved.Count);
        Assert.Empty(await ClaimAsync(reserved));
        await WriteAsync(new GuardMessage(takenStraight.Id, taken[takenStraight.Id]));
        Assert.Equal(putOff.Id, Assert.Single(await ReserveAsync()).Id);
    }

    [Fact]
    public async Task Fences_the_former_holder_of_a_message_that_is_reserved()
    {
        var sent = await SentAsync();
        var taken = Assert.Single(await TakeAsync());
        _clock.Advance(_lease);

        var reserved = Assert.Single(await ReserveAsync());

        Assert.Equal(taken.Token, reserved.Token);
        Assert.False(await Store.ExtendAsync(taken, _lease, Cancellation));
        await WriteConflictAsync(new SettleMessage(sent.Id, taken.Token));
        await WriteConflictAsync(new GuardMessage(sent.Id, taken.Token));
        Assert.Equal(taken.Token + 1, Assert.Single(await ClaimAsync(reserved)).Token);
    }

    [Fact]
    public async Task Reserves_in_the_order_in_which_it_would_give_and_what_is_due()
    {
        var (late, future) = (await SentAsync(lane: 9, delay: TimeSpan.FromSeconds(-9)), await SentAsync(delay: TimeSpan.FromMinutes(1)));
        var (second, first) = (
            await SentAsync(lane: 1, delay: TimeSpan.FromSeconds(-1)), await SentAsync(lane: 1, delay: TimeSpan.FromSeconds(-2)));

        var two = await ReserveAsync(max: 2);
        var rest = await ReserveAsync();

        Assert.Equal([first.Id, second.Id], two.Select(m => m.Id));
        Assert.Equal(late.Id, Assert.Single(rest).Id);
        Assert.Equal([second.Id, first.Id], (await ClaimAsync(two[1], two[0])).Select(m => m.Id));
        Assert.Equal(future.Due, await Store.NextDueAsync(["tests.work"], Cancellation));
        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task Counts_what_is_due_and_no_further_than_asked()
    {
        await WriteAsync(
            Send("tests.work", 0), Send("tests.work", 9), Send("tests.work", 5), Send("tests.work", 5, TimeSpan.FromSeconds(1)),
            Send("tests.other"));

        Assert.Equal(3, await Store.CountDueAsync("tests.work", 10, Cancellation));
        Assert.Equal(2, await Store.CountDueAsync("tests.work", 2, Cancellation));
        Assert.Equal(0, await Store.CountDueAsync("tests.never", 2, Cancellation));
        await ReserveAsync(max: 2);
        Assert.Equal(1, await Store.CountDueAsync("tests.work", 10, Cancellation));
    }
}
