using System.Text;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What the platform refuses before, around and instead of an endpoint.</summary>
[Trait("host", "own")]
public sealed class ProblemTests(ProbeApp app) : IClassFixture<ProbeApp>
{
    private readonly HttpClient _http = app.CreateClient();

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/v1")]
    [InlineData("/v1/users/me/nothing/here")]
    public async Task There_is_nothing_at_an_unknown_address(string path)
    {
        using var response = await _http.GetAsync(path);

        var problem = await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Equal((path, "/problems#not-found"), ((string?)problem["instance"], (string?)problem["type"]));
        IsGuarded(response);
    }

    [Theory]
    [InlineData("PUT", "/v1/users", "POST")]
    [InlineData("PUT", "/v1/users/me", "DELETE, GET, PATCH")]
    [InlineData("POST", "/health/live", "GET, HEAD")]
    public async Task A_wrong_method_is_told_the_right_ones(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await _http.SendAsync(request);

        await response.IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(allowed.Split(", "), response.Content.Headers.Allow.Order(StringComparer.Ordinal));
        IsGuarded(response);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Content_of_a_type_that_is_not_taken_is_refused(string? type)
    {
        using var response = await PostAsync("{}", type);

        await response.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media");
        IsGuarded(response);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{]")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"email":7}""")]
    [InlineData("""{"address":[]}""")]
    [InlineData("""{"email":"a","email":}""")]
    public async Task A_body_that_cannot_be_read_is_malformed(string body)
    {
        using var response = await PostAsync(body, "application/json");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
        IsGuarded(response);
    }

    [Fact]
    public async Task A_body_that_is_too_deep_is_malformed()
    {
        using var response = await PostAsync($"{{\"x\":{new string('[', 40)}{new string(']', 40)}}}", "application/json");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_is_refused(bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/users")
        {
            Content = JsonContent.Create(new { email = new string('a', 1_200_000) }),
        };
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = isChunked;

        using var response = await _http.SendAsync(request);

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "too-large");
        IsGuarded(response);
    }

    [Fact]
    public async Task A_fault_of_ours_is_told_without_detail()
    {
        using var response = await _http.GetAsync("/probe/fault");

        var problem = await response.IsProblemAsync(HttpStatusCode.InternalServerError, "internal");
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        IsGuarded(response);
    }

    [Fact]
    public async Task A_trace_id_is_that_of_the_caller()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var response = await _http.SendAsync(request);

        var problem = await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", (string?)problem["traceId"]);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/health/startup")]
    public async Task Health_is_told_to_any_client(string path)
    {
        using var response = await _http.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Healthy", (string?)(await response.JsonAsync())["status"]);
        IsGuarded(response);
    }

    [Fact]
    public async Task Ready_names_its_checks()
    {
        var answer = await _http.GetFromJsonAsync<JsonObject>("/health/ready");

        Assert.Superset(new HashSet<string> { "drain", "loops", "stores" }, answer!["checks"]!.AsObject().Select(c => c.Key).ToHashSet());
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=-1")]
    [InlineData("limit=many")]
    [InlineData("cursor=garbage")]
    [InlineData("cursor=YQ.AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_page_that_there_cannot_be_is_malformed(string query)
    {
        using var response = await (await app.MemberAsync()).Http.GetAsync($"/v1/media?{query}");

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        var me = await app.MemberAsync();
        using var invalid = await _http.PostAsJsonAsync("/v1/users", new { });
        using var stranger = await _http.GetAsync("/v1/users/me");
        using var forbidden = await me.Http.GetAsync("/v1/admin/jobs");
        using var fine = await me.Http.GetAsync("/v1/users/me");

        Assert.Equal([400, 401, 403, 200], new[] { invalid, stranger, forbidden, fine }.Select(r => (int)r.StatusCode));
        Assert.All([invalid, stranger, forbidden, fine], IsGuarded);
    }

    private static void IsGuarded(HttpResponseMessage response)
    {
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains(
            "frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }

    private async Task<HttpResponseMessage> PostAsync(string body, string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = type is null ? null : new(type);
        return await _http.PostAsync("/v1/users", content);
    }
}
