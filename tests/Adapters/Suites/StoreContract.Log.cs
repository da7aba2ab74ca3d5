namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    [Fact]
    public async Task Never_lets_a_lower_position_appear_once_a_higher_one_was_visible()
    {
        const int Writers = 16;
        const int CommitsEach = 40;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var subscriptions = Enumerable.Range(0, 2).Select(_ => Task.Run(() => FollowAsync(stop.Token), Cancellation)).ToList();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var stream = NewStream();
            for (var i = 0; i < CommitsEach; i++)
            {
                // Of different lengths, so that their transactions overtake each other.
                await CommittedAsync(Appending(stream, i * 2, new string('a', writer * 200), "b"));
            }
        }, Cancellation)));
        await stop.CancelAsync();

        var all = (await LogAsync()).Select(e => e.Position).ToList();
        Assert.Equal(Writers * CommitsEach * 2, all.Count);
        Assert.Equal(all.Order(), all);
        foreach (var seen in await Task.WhenAll(subscriptions))
        {
            Assert.Equal(all, seen);
        }
    }

    [Fact]
    public async Task Lets_no_quick_writer_be_seen_before_a_slow_one_that_got_a_lower_position()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var following = Task.Run(() => FollowAsync(stop.Token), Cancellation);
        var slow = Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                // Some megabytes in one transaction: a store that numbers it first and commits it last shows a gap.
                await CommittedAsync(Appending(NewStream(), 0, [.. Enumerable.Repeat(new string('a', 20_000), 200)]));
            }
        }, Cancellation);
        while (!slow.IsCompleted)
        {
            await CommittedAsync(Appending(NewStream(), 0, "quick"));
        }

        await slow;
        await stop.CancelAsync();

        Assert.Equal((await LogAsync()).Select(e => e.Position), await following);
    }

    // Follows by position alone, as every subscription does, and goes on until it stands at the head after the writers ended.
    private async Task<List<long>> FollowAsync(CancellationToken stop)
    {
        var (seen, through) = (new List<long>(), 0L);
        while (true)
        {
            var isLast = stop.IsCancellationRequested;
            var page = await Store.ReadLogAsync(through, 7, null, Cancellation);
            seen.AddRange(page.Events.Select(e => e.Position));
            through = page.Through;
            if (isLast && page.Events.Count == 0)
            {
                return seen;
            }
        }
    }

    [Fact]
    public async Task Answers_a_commit_with_the_position_of_its_last_event()
    {
        Assert.Equal(0, await Store.HeadAsync(Cancellation));

        var first = await CommittedAsync(Appending(NewStream(), 0, "a", "b"));
        var second = await CommittedAsync(Appending(NewStream(), 0, "c"));

        var log = await LogAsync();
        Assert.Equal(["a", "b", "c"], log.Select(Text));
        Assert.Equal([first, second], [log[1].Position, log[2].Position]);
        Assert.Equal(second, await Store.HeadAsync(Cancellation));
    }

    [Fact]
    public async Task Answers_a_commit_without_events_with_the_head_of_the_log()
    {
        var head = await CommittedAsync(Appending(NewStream(), 0, "a"));

        Assert.Equal(head, await CommittedAsync(NewCommit()));
    }

    [Fact]
    public async Task Pages_through_the_log()
    {
        await CommittedAsync(Appending(NewStream(), 0, "a", "b", "c"));

        var first = await Store.ReadLogAsync(0, 2, null, Cancellation);
        var second = await Store.ReadLogAsync(first.Through, 2, null, Cancellation);
        var third = await Store.ReadLogAsync(second.Through, 2, null, Cancellation);

        Assert.Equal(["a", "b"], first.Events.Select(Text));
        Assert.Equal(["c"], second.Events.Select(Text));
        Assert.Empty(third.Events);
        Assert.Equal(second.Through, third.Through);
    }

    [Fact]
    public async Task Reads_only_the_types_asked_for_and_tells_how_far_it_looked()
    {
        var events = Enumerable.Range(0, 9).Select(i => Event($"{i}", $"tests.kind{i % 3}.v1")).ToList();
        var head = await CommittedAsync(NewCommit() with { Appends = [new Append(NewStream(), 0, events)] });

        var full = await Store.ReadLogAsync(0, 3, ["tests.kind0.v1", "tests.kind2.v1"], Cancellation);
        var rest = await Store.ReadLogAsync(full.Through, 10, ["tests.kind0.v1", "tests.kind2.v1"], Cancellation);
        var none = await Store.ReadLogAsync(0, 10, ["tests.never.v1"], Cancellation);
        var noTypes = await Store.ReadLogAsync(0, 10, [], Cancellation);

        Assert.Equal(["0", "2", "3"], full.Events.Select(Text));
        Assert.Equal(full.Events[^1].Position, full.Through);
        Assert.Equal(["5", "6", "8"], rest.Events.Select(Text));
        Assert.Equal(head, rest.Through);
        Assert.All([none, noTypes], page => Assert.Empty(page.Events));
        Assert.All([none, noTypes], page => Assert.Equal(head, page.Through));
    }

    [Fact]
    public async Task Gives_back_an_event_as_it_was_appended()
    {
        var stream = NewStream();
        var data = "{\"name\":\"Zoë 日本 🦊 \\u0000\"}"u8.ToArray();
        var e = new NewEvent(NewId(), "tests.happened.v1", data, DateTimeOffset.UnixEpoch.AddMilliseconds(123_456_789), default);

        var position = await CommittedAsync(NewCommit() with { Appends = [new Append(stream, 0, [e])] });

        foreach (var stored
            in new[] { Assert.Single(await LogAsync()), Assert.Single(await Store.ReadStreamAsync(stream, 0, 10, Cancellation)) })
        {
            Assert.Equal(
                (e.Id, stream, 1, position, e.Type, e.At),
                (stored.Id, stored.Stream, stored.Version, stored.Position, stored.Type, stored.At));
            Assert.Equal(e.Data.ToArray(), stored.Data.ToArray());
            Assert.True(stored.Meta.IsEmpty);
        }
    }

    [Fact]
    public async Task Takes_large_events_and_documents()
    {
        var (stream, text) = (NewStream(), string.Concat(Enumerable.Repeat("grün ", 500_000)));
        var body = System.Text.Encoding.UTF8.GetBytes(text);

        await CommittedAsync(Appending(stream, 0, text) with { Documents = [new DocumentWrite("tests.large.v1", "1", _bucket, body, 1)] });

        Assert.Equal([text], await StreamAsync(stream));
        Assert.Equal(body, (await Store.FindAsync("tests.large.v1", "1", Cancellation))!.Body);
    }

    [Fact]
    public async Task Lists_streams_by_name_with_the_head_of_their_chains()
    {
        var streams = Enumerable.Range(0, 5).Select(_ => NewStream()).OrderBy(s => s.Name, StringComparer.Ordinal).ToList();
        foreach (var stream in Enumerable.Reverse(streams))
        {
            await CommittedAsync(Appending(stream, 0, "a"));
        }

        await CommittedAsync(Appending(streams[1], 1, "b", "c"));

        var first = await Store.ReadStreamHeadsAsync("", 3, Cancellation);
        var rest = await Store.ReadStreamHeadsAsync(first[^1].Stream.Name, 3, Cancellation);

        Assert.Equal(streams.Select((s, i) => (s, i == 1 ? 3L : 1L)), first.Concat(rest).Select(h => (h.Stream, h.Version)));
        var head = new byte[HashChain.HeadSize];
        foreach (var e in await Store.ReadStreamAsync(streams[1], 0, 10, Cancellation))
        {
            HashChain.Advance(head, e.Id, e.Type, e.Data.Span);
        }

        Assert.Equal(head, first[1].Head.ToArray());
    }
}
