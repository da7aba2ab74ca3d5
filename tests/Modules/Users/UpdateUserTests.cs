namespace Monolith.Modules.Tests.Users;

public sealed class UpdateUserTests(App app) : IClassFixture<App>
{
    private const string Address = """{"streetAddress":"1 Main St","city":"Springfield","state":"","postalCode":"62701"}""";

    [Fact]
    public async Task Changes_what_is_given_and_leaves_the_rest()
    {
        var me = await app.MemberAsync();
        var before = await TagAsync(me);

        using var response = await PatchAsync(me, """{"firstName":"Grace","lastName":null}""", before);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var user = await response.JsonAsync();
        Assert.Equal(("Grace", "Lovelace"), ((string?)user["firstName"], (string?)user["lastName"]));
        Assert.NotEqual(before, response.Headers.ETag?.ToString());
        Assert.Equal(response.Headers.ETag?.ToString(), await TagAsync(me));
    }

    [Fact]
    public async Task Keeps_an_address_until_it_is_null()
    {
        var me = await app.MemberAsync();

        using var set = await PatchAsync(me, $$"""{"address":{{Address}}}""", "*");
        using var kept = await PatchAsync(me, """{"firstName":"Barbara"}""", "*");
        using var removed = await PatchAsync(me, """{"address":null}""", "*");

        Assert.Equal(Address, (await set.JsonAsync())["address"]?.ToJsonString());
        Assert.Equal(Address, (await kept.JsonAsync())["address"]?.ToJsonString());
        Assert.Null((await removed.JsonAsync())["address"]);
    }

    [Fact]
    public async Task Makes_no_new_version_of_what_is_the_same()
    {
        var me = await app.MemberAsync();
        using var changed = await PatchAsync(me, $$"""{"firstName":"Tony","address":{{Address}}}""", "*");

        using var same = await PatchAsync(me, $$"""{"firstName":"Tony","address":{{Address}}}""", "*");

        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        Assert.Equal(changed.Headers.ETag, same.Headers.ETag);
        Assert.False(same.Headers.Contains("Monolith-Token"));
    }

    [Fact]
    public async Task Wants_to_know_which_version_is_meant()
    {
        using var response = await PatchAsync(await app.MemberAsync(), """{"firstName":"Grace"}""", null);

        await response.IsProblemAsync(HttpStatusCode.PreconditionRequired, "precondition-required");
    }

    [Theory]
    [InlineData("\"0\"")]
    [InlineData("\"999\"")]
    [InlineData("W/\"1\"")]
    [InlineData("\"one\"")]
    [InlineData("one")]
    [InlineData("\"1\", \"2\"")]
    public async Task Refuses_a_version_that_is_not_the_present_one(string tag)
    {
        using var response = await PatchAsync(await app.MemberAsync(), """{"firstName":"Edsger"}""", tag);

        await response.IsProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Lets_one_of_two_win_who_change_the_same_version_at_once()
    {
        var me = await app.MemberAsync();
        var tag = await TagAsync(me);

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PatchAsync(me, $$"""{"firstName":"Racer {{i}}"}""", tag)));

        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, responses.Count(r => r.StatusCode == HttpStatusCode.PreconditionFailed));
    }

    [Theory]
    [InlineData("""{"firstName":""}""", "#/firstName")]
    [InlineData("""{"address":{"streetAddress":"1 Main St","city":"","state":"","postalCode":"1"}}""", "#/address/city")]
    public async Task Says_which_field_cannot_be_right(string body, string pointer)
    {
        using var response = await PatchAsync(await app.MemberAsync(), body, "*");

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Equal(pointer, (string?)Assert.Single(problem["errors"]!.AsArray())!["pointer"]);
    }

    [Theory]
    [InlineData("""{"address":"1 Main St"}""")]
    [InlineData("""{"address":[]}""")]
    [InlineData("""{"firstName":7}""")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    public async Task Refuses_a_body_that_cannot_be_read(string body)
    {
        using var response = await PatchAsync(await app.MemberAsync(), body, "*");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    private static async Task<string?> TagAsync(Member member)
    {
        using var response = await member.Http.GetAsync("/v1/users/me");
        return response.Headers.ETag?.ToString();
    }

    private static async Task<HttpResponseMessage> PatchAsync(Member member, string body, string? tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/users/me")
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }

        return await member.Http.SendAsync(request);
    }
}
