namespace Monolith.Modules.Tests.Platform;

[Trait("host", "own")]
public sealed class FeedAdminTests(EveryOperationTests.OperationsApp app) : IClassFixture<EveryOperationTests.OperationsApp>
{
    [Fact]
    public async Task Shows_an_administrator_what_a_feed_would_announce_page_by_page()
    {
        var admin = await app.AdminAsync();
        var member = await Member.JoinAsync(app);

        var all = new List<JsonNode>();
        var shards = new HashSet<int>();
        for (var shard = 0; await PageAsync(admin, shard, 0) is not null; shard++)
        {
            shards.Add(shard);
            for (var after = 0L;
                await PageAsync(admin, shard, after) is { } page && page["announcements"]!.AsArray() is { Count: > 0 } some;)
            {
                Assert.Equal(after, (long?)some[0]!["after"]);
                Assert.True((long?)some[^1]!["position"] <= (long?)page["through"]);
                Assert.Null(page["store"]); // No feed ever ran here.
                all.AddRange(some.Select(a => a!)); // No nulls in it.
                after = (long)page["through"]!;
            }
        }

        var registered = Assert.Single(
            all, a => (string?)a["body"]!["userId"] == member.Id && $"{a["type"]}" == "users.user-registered.v1");
        Assert.Equal(["userId", "at"], registered["body"]!.AsObject().Select(f => f.Key));
        Assert.NotEmpty(shards);
    }

    [Theory]
    [InlineData("limit=0", HttpStatusCode.BadRequest, "malformed")]
    [InlineData("limit=201", HttpStatusCode.BadRequest, "malformed")]
    [InlineData("after=-1", HttpStatusCode.BadRequest, "malformed")]
    [InlineData("shard=99", HttpStatusCode.NotFound, "not-found")]
    [InlineData("shard=-1", HttpStatusCode.NotFound, "not-found")]
    public async Task Refuses_what_there_is_not(string query, HttpStatusCode status, string code)
    {
        var admin = await app.AdminAsync();

        using var refused = await admin.Http.GetAsync($"/v1/admin/feed?{query}");

        await refused.IsProblemAsync(status, code);
    }

    [Fact]
    public async Task Is_for_administrators()
    {
        await app.AdminAsync();
        var member = await Member.JoinAsync(app);

        using var refused = await member.Http.GetAsync("/v1/admin/feed");

        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    private static async Task<JsonNode?> PageAsync(Member admin, int shard, long after)
    {
        using var answer = await admin.Http.GetAsync($"/v1/admin/feed?shard={shard}&after={after}&limit=2");
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.EnsureSuccessStatusCode().JsonAsync();
    }
}
