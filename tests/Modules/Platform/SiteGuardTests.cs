namespace Monolith.Modules.Tests.Platform;

/// <summary>
/// Requests that another site makes in the caller's name. The body is invalid, so that what gets through says so and changes nothing.
/// </summary>
public sealed class SiteGuardTests(App app) : IClassFixture<App>
{
    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task Refuses_a_change_by_cookie_from_elsewhere(string header, string value)
    {
        using var response = await ChangeAsync(await CookieAsync(), (header, value));

        await response.IsProblemAsync(HttpStatusCode.Forbidden, "csrf");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "{origin}")]
    public async Task Lets_a_change_by_cookie_from_our_own_pages_through(string header, string value)
    {
        using var response = await ChangeAsync(
            await CookieAsync(),
            (header, value.Replace("{origin}", app.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)));

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
    }

    [Fact]
    public async Task Lets_a_change_by_bearer_through_wherever_it_is_from()
    {
        using var response = await ChangeAsync(
            ("Authorization", $"Bearer {(await app.MemberAsync()).Token}"), ("Sec-Fetch-Site", "cross-site"));

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation");
    }

    [Fact]
    public async Task Lets_a_link_from_elsewhere_through()
    {
        using var http = app.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/users/me");
        var (name, cookie) = await CookieAsync();
        request.Headers.TryAddWithoutValidation(name, cookie);
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site");

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<(string Name, string Value)> CookieAsync()
    {
        var me = await app.MemberAsync();
        using var started = await me.Http.PostAsJsonAsync("/v1/sessions", new { email = me.Email, password = Member.Password });
        return ("Cookie", started.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
    }

    private async Task<HttpResponseMessage> ChangeAsync(params (string Name, string Value)[] headers)
    {
        using var http = app.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/users/me/password") { Content = JsonContent.Create(new { }) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request);
    }
}
