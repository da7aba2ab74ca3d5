using System.Net;
using Microsoft.AspNetCore.Http;

namespace Monolith.Adapters.Tests.Edge;

/// <summary>
/// What <c>deploy/varnish.vcl</c> keeps, shows, lets through and takes away. Behind it stands a server that answers as each test wants it.
/// </summary>
public sealed class VarnishConfigurationTests(VarnishFixture fixture) : IClassFixture<VarnishFixture>
{
    private const string Public = "public, max-age=31536000, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400, immutable";

    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private readonly string _path = $"/m/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_one_copy_for_all_readers_however_they_ask()
    {
        var asked = Answer(
            _path,
            context => context.Response.WriteAsync(
                $"cookie {context.Request.Headers.Cookie}, {context.Request.Headers.Authorization}, query {context.Request.QueryString}"));

        var first = await GetAsync(_path + "?x=1", ("Cookie", "__Host-session=ada"), ("Authorization", "Bearer ada"));
        var second = await GetAsync(_path + "?x=2", ("Cookie", "__Host-session=bob"), ("Host", "evil.example"));

        Assert.Equal(("miss", "hit", 1), (Cache(first), Cache(second), asked.Count));
        Assert.Equal("cookie , , query ", await second.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(Public, string.Concat(second.Headers.NonValidated["Cache-Control"]));
        Assert.All(["Surrogate-Key", "Cache-Tag", "xkey", "Via", "X-Varnish"], name => Assert.False(second.Headers.Contains(name), name));
    }

    [Fact]
    public async Task Asks_once_for_what_many_want_at_once()
    {
        var open = new TaskCompletionSource();
        var asked = Answer(_path, async context =>
        {
            await open.Task;
            await context.Response.WriteAsync("fine");
        });

        var readers = Enumerable.Range(0, 20).Select(_ => GetAsync(_path)).ToList();
        await Eventually.IsSoAsync(() => asked.Count == 1);
        open.SetResult();

        Assert.All(await Task.WhenAll(readers), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Single(asked);
    }

    [Theory]
    [InlineData("Cache-Control", "private, no-cache")]
    [InlineData("Cache-Control", "no-store")]
    [InlineData("Cache-Control", "max-age=600")]
    [InlineData("Cache-Control", "public, no-store")]
    [InlineData("Cache-Control", "public, max-age=600, private")]
    [InlineData("Cache-Control", "x-public, max-age=600")]
    [InlineData("Cache-Control", "")]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("Vary", "Cookie")]
    [InlineData("Surrogate-Key", "")]
    public async Task Keeps_nothing_that_is_not_plainly_public(string header, string value)
    {
        var asked = Answer(_path, context =>
        {
            context.Response.Headers[header] = value;
            return context.Response.WriteAsync("fine");
        });

        Assert.Equal(("pass", "pass", 2), (Cache(await GetAsync(_path)), Cache(await GetAsync(_path)), asked.Count));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(302)]
    [InlineData(500)]
    public async Task Keeps_no_refusal_whatever_it_says_of_itself(int status)
    {
        Answer(_path, context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        Assert.Equal((HttpStatusCode)status, (await GetAsync(_path)).StatusCode);

        Answer(_path, context => context.Response.WriteAsync("fine"));

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_path)).StatusCode);
    }

    [Theory]
    [InlineData("/v1/media")]
    [InlineData("/v1/users/me?x=/m/")]
    [InlineData("/")]
    [InlineData("/M/1")]
    [InlineData("//m/1")]
    public async Task Lets_everything_else_through_untouched(string path)
    {
        var asked = Answer(path.Split('?')[0], context => context.Response.WriteAsync($"{context.Request.Headers.Cookie}"));

        var ada = await GetAsync(path, ("Cookie", "__Host-session=ada"));
        var bob = await GetAsync(path, ("Cookie", "__Host-session=bob"));

        Assert.Equal(
            ("__Host-session=ada", "__Host-session=bob"),
            (await ada.Content.ReadAsStringAsync(Cancellation), await bob.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(("pass", "pass", 2), (Cache(ada), Cache(bob), asked.Count));
    }

    [Fact]
    public async Task Believes_nothing_that_a_client_says_of_itself()
    {
        string[] poison =
        [
            "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto",
            "X-Forwarded-Scheme", "X-Forwarded-Server",
            "X-Host", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "Proxy",
        ];
        HeaderDictionary? seen = null;
        foreach (var path in new[] { _path, "/v1/limits" })
        {
            Answer(path, context =>
            {
                seen = new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value));
                return context.Response.WriteAsync("fine");
            });

            await GetAsync(path, [.. poison.Select(name => (name, "evil.example")), ("X-Stale", "true")]);

            Assert.NotNull(seen);
            Assert.DoesNotContain(seen, h => h.Value.ToString().Contains("evil", StringComparison.Ordinal));
            Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        }
    }

    [Fact]
    public async Task Believes_a_proxy_of_ours()
    {
        Assert.SkipWhen(VarnishTestServer.Missing is not null, VarnishTestServer.Missing ?? "");
        var seen = "";
        Answer("/v1/limits", context =>
        {
            seen =
                $"{context.Request.Headers["X-Forwarded-For"]} {context.Request.Headers["X-Forwarded-Proto"]} "
                    + $"{context.Request.Headers["X-Forwarded-Host"]}";
            return context.Response.WriteAsync("fine");
        });
        await using var varnish = await VarnishTestServer.StartAsync(
            fixture.Origin.Port, vcl => vcl.Replace("192.0.2.1", "127.0.0.1", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(varnish.Address, "/v1/limits?x"));
        foreach (var (name, value)
            in new[] { ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example") })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _http.SendAsync(request, Cancellation);

        Assert.Equal("198.51.100.7, 127.0.0.1 https ", seen);
    }

    [Fact]
    public async Task Shows_an_older_copy_when_there_is_only_a_failure_and_the_new_one_when_there_is_one()
    {
        var body = "old";
        var asked = Answer(_path, context =>
        {
            context.Response.Headers.CacheControl = "public, s-maxage=1, stale-if-error=600";
            context.Response.StatusCode = body.Length == 0 ? 500 : 200;
            return context.Response.WriteAsync(body);
        });
        await GetAsync(_path);
        body = "";

        // Within stale-while-revalidate it is shown at once and asked for behind; each failure leaves the copy where it is.
        await Eventually.IsSoAsync(async () =>
        {
            var answer = await GetAsync(_path);
            Assert.Equal((HttpStatusCode.OK, "hit"), (answer.StatusCode, Cache(answer)));
            return asked.Count > 2;
        });

        body = "new";
        await Eventually.IsSoAsync(async () => await (await GetAsync(_path)).Content.ReadAsStringAsync(Cancellation) == "new");
    }

    [Theory]
    [InlineData("TRACE", 405)]
    [InlineData("CONNECT-ME", 405)]
    [InlineData("PURGE", 403)]
    public async Task Takes_no_other_methods(string method, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(fixture.Server.Address, _path));
        using var answer = await _http.SendAsync(request, Cancellation);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Purges_for_no_client_that_does_not_know_the_secret(string secret)
    {
        Answer(_path, context => context.Response.WriteAsync("fine"));
        await GetAsync(_path);
        using var request = new HttpRequestMessage(new HttpMethod("PURGE"), new Uri(fixture.Server.Address, _path));
        request.Headers.TryAddWithoutValidation("X-Purge-Secret", secret);
        request.Headers.TryAddWithoutValidation("X-Purge-Keys", "test");

        using var answer = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("hit", Cache(await GetAsync(_path)));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/ready")]
    [InlineData("/health/live?x=1")]
    public async Task Keeps_inside_what_belongs_there(string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(path)).StatusCode);

    private System.Collections.Concurrent.ConcurrentQueue<bool> Answer(string path, RequestDelegate answer)
    {
        Assert.SkipWhen(VarnishTestServer.Missing is not null, VarnishTestServer.Missing ?? "");
        var asked = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        fixture.Answers[path] = context =>
        {
            asked.Enqueue(true);
            context.Response.Headers.CacheControl = Public;
            context.Response.Headers["Surrogate-Key"] = "test";
            return answer(context);
        };
        return asked;
    }

    private async Task<HttpResponseMessage> GetAsync(string path, params IEnumerable<(string Name, string Value)> headers)
    {
        Assert.SkipWhen(VarnishTestServer.Missing is not null, VarnishTestServer.Missing ?? "");
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri($"{fixture.Server.Address.GetLeftPart(UriPartial.Authority)}{path}"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request, Cancellation);
    }

    private static string Cache(HttpResponseMessage answer) => string.Concat(answer.Headers.GetValues("X-Cache"));
}
