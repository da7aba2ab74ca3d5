namespace Monolith.Modules.Tests.Sessions;

public sealed class LogInTests(App app) : IClassFixture<App>
{
    private readonly HttpClient _http = app.CreateClient();

    [Fact]
    public async Task Starts_a_session_that_works_by_bearer_and_by_cookie()
    {
        var (bearer, cookie) = await LogInAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync("Authorization", $"Bearer {bearer}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("Cookie", $"__Host-session={cookie}"));
    }

    [Fact]
    public async Task Keeps_bearer_and_cookie_apart()
    {
        var (bearer, cookie) = await LogInAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("Authorization", $"Bearer {cookie}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("Cookie", $"__Host-session={bearer}"));
    }

    [Fact]
    public async Task Gives_a_cookie_that_no_script_and_no_other_site_gets()
    {
        var me = await app.MemberAsync();

        using var response = await _http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });

        var attributes = response.Headers.GetValues("Set-Cookie").Single().Split("; ").Skip(1)
            .Where(a => !a.StartsWith("expires", StringComparison.Ordinal));
        Assert.Equal(["httponly", "path=/", "samesite=lax", "secure"], attributes.Order(StringComparer.Ordinal));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("/v1/sessions/current", response.Headers.Location?.ToString());
    }

    [Fact]
    public async Task Gives_new_tokens_each_time()
    {
        var ((a, b), (c, d)) = (await LogInAsync(), await LogInAsync());

        Assert.Distinct([a, b, c, d]);
        Assert.All([a, b, c, d], token => Assert.Equal(48, token.Length));
    }

    [Fact]
    public async Task Takes_an_address_in_any_spelling()
    {
        var me = await app.MemberAsync();

        Assert.NotEmpty(await Member.LogInAsync(_http, $" {me.Email.ToUpperInvariant()} "));
    }

    [Fact]
    public async Task Says_the_same_of_a_wrong_password_and_of_an_account_that_there_is_not()
    {
        var me = await app.MemberAsync();

        using var wrong = await _http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = "not the password" });
        using var unknown = await _http.PostAsJsonAsync("/v1/sessions", new { email = Member.NewEmail(), password = "not the password" });

        var (a, b) = (await IsRefusedAsync(wrong), await IsRefusedAsync(unknown));
        Assert.Equal(a, b);
    }

    [Theory]
    [InlineData("""{"password":"x"}""", "#/email")]
    [InlineData("""{"email":"ada@example.org"}""", "#/password")]
    [InlineData("""{"email":"ada@example.org","password":""}""", "#/password")]
    public async Task Says_which_field_cannot_be_right(string body, string pointer)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await _http.PostAsync("/v1/sessions", content);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
        Assert.Equal(pointer, (string?)Assert.Single(problem["errors"]!.AsArray())!["pointer"]);
    }

    [Fact]
    public async Task Makes_a_client_that_guesses_at_an_account_wait_and_no_other()
    {
        var email = Member.NewEmail();

        var refused = await Eventually.FindAsync(
            async () =>
                await _http.PostAsJsonAsync(
                    "/v1/sessions", new { email, password = "a guess" }) is { StatusCode: HttpStatusCode.TooManyRequests } slowed
                ? slowed
                : null,
            "slowed down");

        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.NotEmpty(await Member.LogInAsync(_http, (await app.MemberAsync()).Email));
    }

    [Fact]
    public async Task Is_not_hindered_by_a_token_that_ran_out()
    {
        var me = await app.MemberAsync();
        using var http = app.CreateClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", new string('a', 43));

        Assert.NotEmpty(await Member.LogInAsync(http, me.Email));
    }

    private async Task<(string Bearer, string Cookie)> LogInAsync()
    {
        var me = await app.MemberAsync();
        using var response = await _http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var cookie = response.Headers.GetValues("Set-Cookie").Single().Split(';')[0].Split('=')[1];
        return ((string)(await response.JsonAsync())["token"]!, cookie);
    }

    private async Task<HttpStatusCode> StatusAsync(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/users/me");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<string> IsRefusedAsync(HttpResponseMessage response)
    {
        var problem = await response.IsProblemAsync(HttpStatusCode.Unauthorized, "users.wrong-credentials");
        problem.Remove("traceId");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        Assert.False(response.Headers.Contains("Set-Cookie"));
        return problem.ToJsonString();
    }
}
