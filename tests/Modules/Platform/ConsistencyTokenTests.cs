using System.Globalization;

namespace Monolith.Modules.Tests.Platform;

public sealed class ConsistencyTokenTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Comes_with_every_write_and_rises()
    {
        var me = await Member.JoinAsync(app);

        var (first, second) = (await RenameAsync(me, "Grace"), await RenameAsync(me, "Barbara"));

        Assert.True(PositionOf(second) > PositionOf(first));
    }

    [Fact]
    public async Task Does_not_come_with_a_read()
    {
        using var response = await (await app.MemberAsync()).Http.GetAsync("/v1/users/me");

        Assert.False(response.Headers.Contains("Monolith-Token"));
    }

    [Fact]
    public async Task Lets_a_read_see_its_write()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());
        for (var i = 0; i < 20; i++)
        {
            using var cached = await ReadAsync(other, me.Id, null);

            var token = await RenameAsync(me, $"Ada {i}");

            using var response = await ReadAsync(other, me.Id, token);
            Assert.Equal($"Ada {i}", (string?)(await response.JsonAsync())["firstName"]);
        }
    }

    [Fact]
    public async Task Of_a_write_also_says_what_the_client_knew_before()
    {
        var (me, other) = (await Member.JoinAsync(app), await Member.JoinAsync(app));
        var known = await RenameAsync(other, "Grace");

        var token = await RenameAsync(me, "Barbara", known);
        var alone = await RenameAsync(me, "Annie");

        Assert.StartsWith(alone.Split(':')[0], token, StringComparison.Ordinal); // what was written comes first
        Assert.Contains(token.Split(','), part => part.Split(':')[0] == known.Split(':')[0] && PositionOf(part) >= PositionOf(known));
        using var response = await ReadAsync(me, "me", $"later-9:1,{token}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Of_an_answer_that_is_given_again_says_what_the_client_knows_by_now()
    {
        var (me, other) = (await Member.JoinAsync(app), await Member.JoinAsync(app));
        var key = Keyed.NewKey();
        await me.Http.RenameAsync(key, "Grace");
        var known = await RenameAsync(other, "Barbara");

        using var again = await SendRenameAsync(me, "Grace", known, key, "\"1\"");

        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        var token = Assert.Single(again.Headers.GetValues("Monolith-Token"));
        Assert.Contains(token.Split(','), part => part.Split(':')[0] == known.Split(':')[0] && PositionOf(part) >= PositionOf(known));
    }

    [Theory]
    [InlineData("9:1")]
    [InlineData("0.2:1")]
    [InlineData("0:0,e2")]
    public async Task Refuses_a_read_where_it_names_what_is_not_known_here(string token)
    {
        using var response = await ReadAsync(await app.MemberAsync(), "me", token);

        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-caught-up");
    }

    [Theory]
    [InlineData("~")]
    [InlineData("0:")]
    [InlineData("0:-1")]
    [InlineData("0:1,0:2")]
    public async Task Is_refused_when_it_is_not_ours(string token)
    {
        using var response = await ReadAsync(await app.MemberAsync(), "me", token);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task Refuses_a_read_that_would_be_older_than_what_the_client_knows()
    {
        var token = await RenameAsync(await Member.JoinAsync(app), "Joan");

        using var response = await ReadAsync(await app.MemberAsync(), "me", Ahead(token, 1_000_000));

        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-caught-up");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Lets_a_read_wait_for_what_is_about_to_be_known()
    {
        var me = await app.MemberAsync();
        var token = await RenameAsync(me, "Radia");

        // Either the write comes within the wait and the read sees it, or the read is refused: never the older answer.
        var reading = ReadAsync(me, "me", Ahead(token, 1));
        await RenameAsync(me, "Evelyn");
        using var response = await reading;

        if (response.StatusCode == HttpStatusCode.OK)
        {
            Assert.Equal("Evelyn", (string?)(await response.JsonAsync())["firstName"]);
        }
        else
        {
            await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-caught-up");
        }
    }

    private static string Ahead(string token, long by) => $"{token.Split(':')[0]}:{PositionOf(token) + by}";

    private static long PositionOf(string token) => long.Parse(token.Split(':')[1], CultureInfo.InvariantCulture);

    private static async Task<string> RenameAsync(Member member, string firstName, string? known = null)
    {
        using var response = await SendRenameAsync(member, firstName, known);
        return Assert.Single(response.Headers.GetValues("Monolith-Token"));
    }

    private static async Task<HttpResponseMessage> SendRenameAsync(
        Member member, string firstName, string? known, string? key = null, string version = "*")
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me") { Content = JsonContent.Create(new { firstName }) };
        request.Headers.TryAddWithoutValidation("If-Match", version);
        foreach (var (name, value) in new[] { ("Monolith-Token", known), ("Idempotency-Key", key) }.Where(h => h.Item2 is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await member.Http.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> ReadAsync(Member member, string id, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/users/{id}");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Monolith-Token", token);
        }

        return await member.Http.SendAsync(request);
    }
}
