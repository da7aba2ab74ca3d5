using System.Text;

namespace Monolith.Adapters.Tests.Suites;

public abstract partial class StoreContract
{
    private const string Kind = "tests.thing.v1";

    private static DocumentWrite Put(string id, string body, long version = 1) =>
        new(Kind, id, _bucket, Encoding.UTF8.GetBytes(body), version);

    private static DocumentWrite Delete(string id) => new(Kind, id, _bucket, null, 0);

    private static IndexEntry Owner(string value) => new("owner", value);

    private static IndexEntry Name(string value) => new("name", value, IsUnique: true);

    private Task<long> WriteAsync(params DocumentWrite[] writes) => CommittedAsync(NewCommit() with { Documents = writes });

    private Task<Conflict> WriteConflictAsync(params DocumentWrite[] writes) => ConflictAsync(NewCommit() with { Documents = writes });

    private async Task<IEnumerable<string>> QueryAsync(DocumentQuery query) =>
        (await Store.QueryAsync(query, Cancellation)).Select(d => d.Id);

    [Fact]
    public async Task Finds_a_document_as_it_was_last_written()
    {
        await WriteAsync(Put("1", "{\"a\":1}"), new DocumentWrite("tests.other.v1", "1", Bucket: null, "{}"u8.ToArray(), 9));
        await WriteAsync(Put("1", " {\"a\" : \"ü🦊\"} ", version: 2));

        var found = await Store.FindAsync(Kind, "1", Cancellation);

        Assert.Equal((Kind, "1", 2L, " {\"a\" : \"ü🦊\"} "), (found!.Kind, found.Id, found.Version, Encoding.UTF8.GetString(found.Body)));
        Assert.Equal(9, (await Store.FindAsync("tests.other.v1", "1", Cancellation))!.Version);
        Assert.Null(await Store.FindAsync(Kind, "2", Cancellation));
    }

    [Fact]
    public async Task Keeps_an_empty_body_apart_from_none()
    {
        await WriteAsync(Put("1", ""));

        Assert.Empty((await Store.FindAsync(Kind, "1", Cancellation))!.Body);
    }

    [Fact]
    public async Task Refuses_to_write_a_document_that_moved()
    {
        await WriteAsync(Put("1", "{}", version: 3));

        var outdated = await WriteConflictAsync(Put("1", "{1}", version: 4) with { ExpectedVersion = 2 });
        var created = await WriteConflictAsync(Put("1", "{1}") with { ExpectedVersion = 0 });
        var missing = await WriteConflictAsync(Put("2", "{1}") with { ExpectedVersion = 1 });
        var deleted = await WriteConflictAsync(Delete("1") with { ExpectedVersion = 2 });

        Assert.Equal([3L, 3L, 0L, 3L], new[] { outdated, created, missing, deleted }.Select(c => c.Current));
        Assert.All([outdated, created, missing, deleted], c => Assert.Equal(ConflictKind.Document, c.Kind));
        await WriteAsync(Put("1", "{1}", version: 4) with { ExpectedVersion = 3 }, Put("2", "{}") with { ExpectedVersion = 0 });
        Assert.Equal(4, (await Store.FindAsync(Kind, "1", Cancellation))!.Version);
    }

    [Fact]
    public async Task Deletes_a_document_with_its_entries()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Owner("a")] });

        await WriteAsync(Delete("1") with { ExpectedVersion = 1 }, Delete("never there"));

        Assert.Null(await Store.FindAsync(Kind, "1", Cancellation));
        Assert.Empty(await QueryAsync(new DocumentQuery(Kind, 10)));
        Assert.Empty(await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("a") }));
        await WriteAsync(Put("1", "{}") with { ExpectedVersion = 0 });
    }

    [Theory]
    [InlineData(false, "1,2,3,4,5")]
    [InlineData(true, "5,4,3,2,1")]
    public async Task Pages_by_entry_and_by_kind_in_both_directions(bool isDescending, string expected)
    {
        await WriteAsync(
            [.. Enumerable.Range(1, 5).Select(i => Put($"{i}", "{}") with { Entries = [Owner("a"), new IndexEntry("colour", "red")] })]);
        await WriteAsync(
            Put("6", "{}") with { Kind = "tests.other.v1", Entries = [Owner("a")] }, Put("7", "{}") with { Kind = "tests.thing.v1x" });

        foreach (var entry in new[] { null, Owner("a") })
        {
            var (pages, after) = (new List<string>(), (string?)null);
            do
            {
                var page = (
                    await QueryAsync(new DocumentQuery(Kind, 2) { Entry = entry, After = after, IsDescending = isDescending })).ToList();
                pages.AddRange(page);
                after = page.LastOrDefault();
            }
            while (after is not null);

            Assert.Equal(expected, string.Join(',', pages));
        }
    }

    [Fact]
    public async Task Replaces_all_former_entries_at_each_write()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Owner("a"), Owner("b")] });
        await WriteAsync(Put("1", "{}", version: 2) with { Entries = [Owner("b"), Owner("c"), Owner("c")] });

        Assert.Empty(await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("a") }));
        Assert.Equal(["1"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("b") }));
        Assert.Equal(["1"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("c") }));
    }

    [Fact]
    public async Task Compares_entries_and_ids_byte_by_byte()
    {
        await WriteAsync(
            Put("a", "{}") with { Entries = [Name("Ü"), Owner("x\0y")] },
            Put("A", "{}") with { Entries = [Name("ü"), Owner("x")] },
            Put("b", "{}") with { Entries = [Name("")] });

        Assert.Equal(["A"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Name("ü") }));
        Assert.Equal(["a"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("x\0y") }));
        Assert.Equal(["b"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Name("") }));
        Assert.Equal(["A", "a", "b"], await QueryAsync(new DocumentQuery(Kind, 10)));
    }

    [Fact]
    public async Task Lets_only_one_document_of_a_kind_claim_a_value()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Name("x")] });

        var conflict = await WriteConflictAsync(Put("2", "{}") with { Entries = [Owner("a"), Name("x")] });

        Assert.Equal((ConflictKind.Claim, $"{Kind}/name", 0L), (conflict.Kind, conflict.What, conflict.Current));
        Assert.Empty(await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Owner("a") }));
        await WriteAsync(
            Put("1", "{}", version: 2) with { Entries = [Name("x")] },
            Put("2", "{}") with { Entries = [Name("y")] },
            Put("2", "{}") with { Kind = "tests.other.v1", Entries = [Name("x")] },
            Put("3", "{}") with { Entries = [new IndexEntry("nickname", "x", IsUnique: true)] });
    }

    [Fact]
    public async Task Frees_a_claim_when_its_document_is_rewritten_without_it_or_deleted()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Name("x")] }, Put("2", "{}") with { Entries = [Name("y")] });

        await WriteAsync(Put("1", "{}", version: 2), Delete("2"));

        await WriteAsync(Put("3", "{}") with { Entries = [Name("x"), Name("y")] });
    }

    [Fact]
    public async Task Passes_claims_between_documents_within_one_commit()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Name("x")] }, Put("2", "{}") with { Entries = [Name("y")] });

        await WriteAsync(
            Put("1", "{}", version: 2) with { Entries = [Name("y")] }, Put("2", "{}", version: 2) with { Entries = [Name("x")] });
        Assert.Equal(["1"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Name("y") }));
        Assert.Equal(["2"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Name("x") }));

        await WriteAsync(Put("3", "{}") with { Entries = [Name("y")] }, Delete("1"));
        Assert.Equal(["3"], await QueryAsync(new DocumentQuery(Kind, 10) { Entry = Name("y") }));
    }

    [Fact]
    public async Task Refuses_a_commit_in_which_two_documents_claim_the_same()
    {
        var conflict = await WriteConflictAsync(
            Put("1", "{}") with { Entries = [Name("x")] }, Put("2", "{}") with { Entries = [Name("x")] });

        Assert.Equal(ConflictKind.Claim, conflict.Kind);
        Assert.Empty(await QueryAsync(new DocumentQuery(Kind, 10)));
    }

    [Fact]
    public async Task Lets_exactly_one_of_many_racing_claims_win()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => CommitAsync(NewCommit() with { Documents = [Put($"{i}", "{}") with { Entries = [Name("x")] }] }), Cancellation)));

        Assert.Single(outcomes, o => o is Committed);
        Assert.Single(await QueryAsync(new DocumentQuery(Kind, 10)));
    }

    [Fact]
    public async Task Tells_by_what_documents_can_be_found_when_asked()
    {
        await WriteAsync(Put("1", "{}") with { Entries = [Owner("ada"), Name("x")] }, Put("2", "{}"));

        var asked = await Store.QueryAsync(new DocumentQuery(Kind, 10) { WithEntries = true }, Cancellation);
        var unasked = await Store.QueryAsync(new DocumentQuery(Kind, 10), Cancellation);

        Assert.Equal([Owner("ada"), Name("x")], asked[0].Entries);
        Assert.Empty(asked[1].Entries);
        Assert.All(unasked, d => Assert.Empty(d.Entries));
    }
}
