namespace Monolith.Modules.Tests.Sessions;

public sealed class SessionTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Is_listed_with_the_one_that_asks_marked()
    {
        var me = await Member.JoinAsync(app);
        await Member.LogInAsync(me.Http, me.Email);

        var page = await me.Http.GetFromJsonAsync<JsonObject>("/v1/sessions");

        var sessions = page!["items"]!.AsArray();
        Assert.Equal(2, sessions.Count);
        Assert.Single(sessions, s => (bool?)s!["isCurrent"] == true);
        Assert.Equal(
            ["device", "expiresAt", "id", "isCurrent", "lastSeenAt", "startedAt"],
            sessions[0]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Shows_itself()
    {
        var me = await app.MemberAsync();

        var current = await me.Http.GetFromJsonAsync<JsonObject>("/v1/sessions/current");

        Assert.True((bool?)current!["isCurrent"]);
        Assert.Equal(TimeSpan.FromDays(90), (DateTimeOffset)current["expiresAt"]! - (DateTimeOffset)current["startedAt"]!);
    }

    [Fact]
    public async Task Ends_at_once_for_bearer_and_cookie_when_its_user_logs_out()
    {
        var me = await Member.JoinAsync(app);
        using var started = await me.Http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        var cookie = started.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        var bearer = $"Bearer {(await started.JsonAsync())["token"]}";

        using var response = await SendAsync(HttpMethod.Delete, "/v1/sessions/current", ("Authorization", bearer));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.StartsWith(
            "__Host-session=; expires=Thu, 01 Jan 1970", response.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        await (
            await SendAsync(HttpMethod.Get, "/v1/users/me", ("Authorization", bearer))).IsProblemAsync(HttpStatusCode.Unauthorized,
            "session-expired");
        await (
            await SendAsync(HttpMethod.Get, "/v1/users/me", ("Cookie", cookie))).IsProblemAsync(HttpStatusCode.Unauthorized,
            "session-expired");
        Assert.Equal(HttpStatusCode.OK, (await me.Http.GetAsync("/v1/users/me")).StatusCode);
    }

    [Fact]
    public async Task Can_be_ended_from_another_and_only_once()
    {
        var me = await Member.JoinAsync(app);
        using var elsewhere = app.CreateClient();
        elsewhere.DefaultRequestHeaders.Authorization = new("Bearer", await Member.LogInAsync(elsewhere, me.Email));
        var id = await CurrentAsync(elsewhere);

        using var ended = await me.Http.DeleteAsync($"/v1/sessions/{id}");

        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        await (await elsewhere.GetAsync("/v1/users/me")).IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
        await (await me.Http.DeleteAsync($"/v1/sessions/{id}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Of_another_user_is_not_there_and_goes_on()
    {
        var (me, other) = (await Member.JoinAsync(app), await app.MemberAsync());

        using var response = await me.Http.DeleteAsync($"/v1/sessions/{await CurrentAsync(other.Http)}");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Equal(HttpStatusCode.OK, (await other.Http.GetAsync("/v1/users/me")).StatusCode);
    }

    [Theory]
    [InlineData("019ac0de-0000-7123-8000-00000000000a")]
    [InlineData("garbage")]
    public async Task Is_not_there_under_another_id(string id)
    {
        var me = await app.MemberAsync();

        await (await me.Http.DeleteAsync($"/v1/sessions/{id}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer garbage")]
    [InlineData("Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Basic YWRhOnBhc3N3b3Jk")]
    [InlineData("garbage")]
    public async Task Is_not_opened_by_a_header_that_is_not_ours(string header)
    {
        using var response = await SendAsync(HttpMethod.Get, "/v1/users/me", ("Authorization", header));

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Of_the_cookie_does_not_count_beside_a_bearer_that_is_wrong()
    {
        var me = await app.MemberAsync();
        using var started = await me.Http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        var cookie = started.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        using var response = await SendAsync(HttpMethod.Get, "/v1/users/me", ("Cookie", cookie), ("Authorization", "Bearer wrong"));

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "session-expired");
    }

    private static async Task<string> CurrentAsync(HttpClient http) =>
        (string)(await http.GetFromJsonAsync<JsonObject>("/v1/sessions/current"))!["id"]!;

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var http = app.CreateClient();
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }
}
