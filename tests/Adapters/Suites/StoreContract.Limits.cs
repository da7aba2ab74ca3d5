using System.Globalization;

namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    public static TheoryData<string> Texts => ["a", "' or 1=1 --", "日本 🦊 é", "with\0zero", "%_\\\"\n", new string('x', 2_000)];

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Takes_any_characters_in_names_and_values(string text)
    {
        var (stream, entry) = (new StreamId(_bucket, "test", text), new IndexEntry("name", text, IsUnique: true));

        await CommittedAsync(Appending(stream, 0, text) with { Documents = [Put(text, "{}") with { Entries = [entry] }] });

        Assert.Equal([text], await StreamAsync(stream));
        Assert.Equal(stream, Assert.Single(await LogAsync()).Stream);
        Assert.Equal(text, (await Store.FindAsync(Kind, text, Cancellation))!.Id);
        Assert.Equal([text], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = entry }));
        Assert.Equal(ConflictKind.Claim, (await WriteConflictAsync(Put("other", "{}") with { Entries = [entry] })).Kind);
    }

    [Fact]
    public async Task Takes_many_commits_in_a_batch_and_many_events_in_a_commit()
    {
        const int Many = 2_000;
        var stream = NewStream();
        var batch = Enumerable.Range(0, Many).Select(i => Appending(NewStream(), 0, $"{i}") with
        {
            Documents = [Put(i.ToString(CultureInfo.InvariantCulture), "{}") with { Entries = [Owner("all")] }],
        });

        var outcomes = await Store.CommitAsync([.. batch, Appending(stream, 0, [.. Enumerable.Repeat("a", Many)])], Cancellation);

        Assert.All(outcomes, o => Assert.IsType<Committed>(o));
        Assert.Equal(new Committed(2 * Many), outcomes[^1]);
        Assert.Equal(Many, (await StreamAsync(stream)).Count());
        Assert.Equal(Many, (await QueryAsync(new DocumentQuery(Kind, int.MaxValue) { Entry = Owner("all") })).Count());
    }

    [Fact]
    public async Task Keeps_the_largest_numbers_and_the_outermost_times()
    {
        var stream = NewStream();
        var times = new[] { DateTimeOffset.UnixEpoch, new DateTimeOffset(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero) };
        var events = times.Select(at => new NewEvent(NewId(), "tests.happened.v1", default, at, default));

        await CommittedAsync(NewCommit() with
        {
            Appends = [new Append(stream, 0, [.. events])],
            Documents = [Put("1", "{}", long.MaxValue)],
        });

        Assert.Equal(times, (await Store.ReadStreamAsync(stream, 0, 10, Cancellation)).Select(e => e.At));
        Assert.Equal(long.MaxValue, (await Store.FindAsync(Kind, "1", Cancellation))!.Version);
        Assert.Empty((await Store.ReadLogAsync(long.MaxValue, 10, null, Cancellation)).Events);
        Assert.Equal(ConflictKind.Stream, (await ConflictAsync(Appending(stream, long.MaxValue, "a"))).Kind);
    }
}
