using System.Globalization;

namespace Monolith.Modules.Tests.Platform;

public sealed class ConsistencyTokenTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Comes_with_every_write_and_rises()
    {
        var me = await app.SomebodyAsync();

        var (first, second) = (await RenameAsync(me, "Grace"), await RenameAsync(me, "Barbara"));

        Assert.True(PositionOf(second) > PositionOf(first));
    }

    [Fact]
    public async Task Does_not_come_with_a_read()
    {
        using var response = await (await app.SomebodyAsync()).Http.GetAsync("/v1/users/me");

        Assert.False(response.Headers.Contains("Monolith-Token"));
    }

    [Fact]
    public async Task Lets_a_read_see_its_write()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.SomebodyAsync());
        for (var i = 0; i < 20; i++)
        {
            using var cached = await ReadAsync(other, me.Id, null);

            var token = await RenameAsync(me, $"Ada {i}");

            using var response = await ReadAsync(other, me.Id, token);
            Assert.Equal($"Ada {i}", (string?)(await response.JsonAsync())["firstName"]);
        }
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("0:")]
    [InlineData("0:-1")]
    [InlineData("0:1,0:2")]
    [InlineData("9:1")]
    public async Task Is_refused_when_it_is_not_ours(string token)
    {
        using var response = await ReadAsync(await app.SomebodyAsync(), "me", token);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task Refuses_a_read_that_would_be_older_than_what_the_client_knows()
    {
        var token = await RenameAsync(await app.SomebodyAsync(), "Joan");

        using var response = await ReadAsync(await app.SomebodyAsync(), "me", Ahead(token, 1_000_000));

        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-caught-up");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Lets_a_read_wait_for_what_is_about_to_be_known()
    {
        var me = await app.SomebodyAsync();
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

    private static async Task<string> RenameAsync(Member member, string firstName)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me") { Content = JsonContent.Create(new { firstName }) };
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var response = await member.Http.SendAsync(request);
        return Assert.Single(response.Headers.GetValues("Monolith-Token"));
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
