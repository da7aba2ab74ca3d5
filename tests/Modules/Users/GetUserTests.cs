namespace Monolith.Modules.Tests.Users;

public sealed class GetUserTests(App app) : IClassFixture<App>
{
    private static readonly object _address = new { streetAddress = "1 Main St", city = "Springfield", state = "IL", postalCode = "62701" };

    [Fact]
    public async Task Shows_callers_their_own_data_with_a_tag()
    {
        var me = await app.MemberAsync();

        using var response = await me.Http.GetAsync("/v1/users/me");

        var user = await response.JsonAsync();
        Assert.Equal(
            (me.Id, me.Email, "Ada", "Lovelace"),
            ((string?)user["id"], (string?)user["email"], (string?)user["firstName"], (string?)user["lastName"]));
        Assert.Matches("^\"[0-9]+\"$", response.Headers.ETag?.ToString());
        Assert.Equal("no-cache, private", response.Headers.CacheControl?.ToString());
    }

    [Theory]
    [InlineData("/v1/users/me")]
    [InlineData("/v1/users/{id}")]
    public async Task Answers_304_to_a_reader_who_has_this_version_already(string path)
    {
        var me = await app.MemberAsync();
        using var first = await me.Http.GetAsync(path.Replace("{id}", me.Id, StringComparison.Ordinal));
        using var again = new HttpRequestMessage(HttpMethod.Get, first.RequestMessage!.RequestUri);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var response = await me.Http.SendAsync(again);

        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(first.Headers.ETag, response.Headers.ETag);
    }

    [Fact]
    public async Task Shows_address_and_email_to_their_owner_alone()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());
        await ChangeAsync(me, new { address = _address });

        var (mine, theirs) = (await JsonAsync(me, me.Id), await JsonAsync(other, me.Id));

        Assert.Equal((me.Email, "62701"), ((string?)mine["email"], (string?)mine["address"]?["postalCode"]));
        Assert.Equal(["firstName", "id", "lastName", "memberSince"], theirs.Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    // On the node that changed it; others drop their copies a moment later, unless the reader brings the token of the change.
    [Fact, Trait("host", "own")]
    public async Task Shows_a_change_at_once_to_a_reader_who_read_before()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());
        foreach (var name in new[] { "Grace", "Barbara" })
        {
            await JsonAsync(me, me.Id);
            await JsonAsync(other, me.Id);

            await ChangeAsync(me, new { firstName = name });

            Assert.Equal(name, (string?)(await JsonAsync(me, me.Id))["firstName"]);
            Assert.Equal(name, (string?)(await JsonAsync(other, me.Id))["firstName"]);
        }
    }

    // On the node that changed it; others drop their copies a moment later, unless the reader brings the token of the change.
    [Fact, Trait("host", "own")]
    public async Task Shows_a_change_at_once_however_many_are_reading()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await JsonAsync(other, me.Id);
            }
        })).ToList();

        for (var i = 0; i < 100; i++)
        {
            await ChangeAsync(me, new { firstName = $"Ada {i}" });
            Assert.Equal($"Ada {i}", (string?)(await JsonAsync(other, me.Id))["firstName"]);
        }

        await end.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Theory]
    [InlineData("019ac0de-0000-7123-8000-00000000000a")]
    [InlineData("none")]
    [InlineData("me/nothing")]
    public async Task Knows_no_user_by_another_id(string id)
    {
        var me = await app.MemberAsync();

        using var response = await me.Http.GetAsync($"/v1/users/{id}");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("me")]
    [InlineData("019ac0de-0000-7123-8000-00000000000a")]
    public async Task Shows_strangers_nothing(string id)
    {
        using var http = app.CreateClient();

        using var response = await http.GetAsync($"/v1/users/{id}");

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    private static async Task<JsonObject> JsonAsync(Member member, string id)
    {
        using var response = await member.Http.GetAsync($"/v1/users/{id}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    private static async Task ChangeAsync(Member member, object change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me") { Content = JsonContent.Create(change) };
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var response = await member.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
