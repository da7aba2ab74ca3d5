using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Modules.Tests.Media;
using Monolith.Modules.Tests.Media.Imaging;
using Monolith.Modules.Tests.Pages;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What caches may do with answers: everything that is not called shared is kept by none but the reader's own.</summary>
[Trait("host", "own")]
public sealed class SharedCopiesTests(ProbeApp app) : IClassFixture<ProbeApp>
{
    private const string Shared = "public, max-age=31536000, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400, immutable";

    [Fact]
    public async Task Lets_shared_caches_keep_what_is_shared_and_says_by_which_keys_it_is_forgotten()
    {
        var answer = await AnswerAsync(http => http.Response.Share("photo-1", "media"));

        Assert.Equal(
            (Shared, "photo-1 media", "photo-1,media"),
            (Header(answer, "Cache-Control"), Header(answer, "Surrogate-Key"), Header(answer, "Cache-Tag")));
    }

    [Fact]
    public async Task Counts_what_no_edge_had_by_class()
    {
        async Task<string[]> CountedAsync() =>
            [
                .. (await app.CreateClient().GetStringAsync("/metrics")).Split('\n')
                    .Where(line => line.Contains("{class=\"counted\"}", StringComparison.Ordinal))];
        var size = (await AnswerAsync(http =>
        {
            http.Response.ContentLength = "fine".Length;
            http.Response.Share("photo-1", "counted");
        })).Content.Headers.ContentLength;

        Assert.Equal(
            [$"monolith_edge_origin_bytes_total{{class=\"counted\"}} {size}", "monolith_edge_origin_requests_total{class=\"counted\"} 1"],
            (await CountedAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lets_no_shared_cache_keep_what_carries_a_cookie() => IsPrivate("no-store", await AnswerAsync(http =>
    {
        http.Response.Share("photo-1");
        http.Response.Cookies.Append("session", "a secret");
    }));

    [Theory]
    [InlineData(201)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task Lets_no_shared_cache_keep_what_is_no_success(int status) => IsPrivate("no-store", await AnswerAsync(http =>
    {
        http.Response.Share("photo-1");
        http.Response.StatusCode = status;
    }));

    [Fact]
    public async Task Lets_no_shared_cache_keep_what_failed_after_it_was_shared() => IsPrivate("no-store", await AnswerAsync(http =>
    {
        http.Response.Share("photo-1");
        throw new InvalidOperationException("a secret of ours");
    }));

    [Theory]
    [InlineData(null, "no-store")]
    [InlineData("no-cache", "no-store")]
    [InlineData("max-age=60", "no-store")]
    [InlineData("public, max-age=60", "no-store")]
    [InlineData("private, public", "no-store")]
    [InlineData("private, no-cache", "private, no-cache")]
    [InlineData("no-cache, no-store", "no-cache, no-store")]
    public async Task Lets_no_shared_cache_keep_what_is_not_called_shared(string? said, string sent) =>
        IsPrivate(sent, await AnswerAsync(http =>
    {
        http.Response.Headers.CacheControl = said;
        http.Response.Headers["Surrogate-Key"] = http.Response.Headers["Cache-Tag"] = "photo-1";
    }));

    [Fact]
    public async Task Takes_nothing_for_shared_that_cannot_be_forgotten()
    {
        Assert.Equal(HttpStatusCode.InternalServerError, (await AnswerAsync(http => http.Response.Share())).StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, (await AnswerAsync(http => http.Response.Share("two words"))).StatusCode);
    }

    // Every endpoint that answers a GET, also those that no description lists, for any client.
    [Fact]
    public async Task Shares_variants_and_files_of_the_pages_and_nothing_else()
    {
        var ada = await Photographer.JoinAsync(app);
        var photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        var variant = ((string)Photographer.Variant(await ada.GetFinishedAsync(photo), "thumb")["url"]!).Split('/');
        var pages = await app.CreateClient().GetStringAsync("/") + await (await Browser.SignUpAsync(app)).ReadAsync("/");
        var paths = app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") is not false)
            .Select(e => $"/{e.RoutePattern.RawText?.TrimStart('/')}").Where(p => !p.StartsWith("/probe", StringComparison.Ordinal))
                .Distinct().ToList();

        var shared = new HashSet<string>();
        foreach (var path in paths)
        {
            var filled = path.Replace(
                "{signature}", variant[2], StringComparison.Ordinal).Replace("{preset}", variant[3], StringComparison.Ordinal)
                .Replace("{file}", variant[4], StringComparison.Ordinal)
                .Replace(
                    "{version}", Regex.Match(pages, $"/assets/([0-9a-f]+)/{path.Split('/')[^1]}").Groups[1].Value, StringComparison.Ordinal)
                .Replace("{id:guid}", photo, StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal);
            foreach (var http in new[] { app.CreateClient(), ada.Http })
            {
                using var answer = await http.GetAsync(filled);
                if (Header(answer, "Cache-Control") == Shared)
                {
                    Assert.Matches("^(photo-[0-9a-f-]{36} media|assets)$", Header(answer, "Surrogate-Key"));
                    Assert.Equal(Header(answer, "Surrogate-Key").Replace(' ', ','), Header(answer, "Cache-Tag"));
                    Assert.False(answer.Headers.Contains("Set-Cookie"));
                    shared.Add(path);
                }
                else
                {
                    IsPrivate(Header(answer, "Cache-Control"), answer);
                    Assert.Matches("no-store|private", Header(answer, "Cache-Control"));
                }
            }
        }

        Assert.True(paths.Count > 25, $"only {paths.Count} endpoints");
        Assert.All(shared, path => Assert.Matches("^/(m|assets)/", path)); // What deploy/varnish.vcl looks for.
        Assert.Equal(5, shared.Count);
    }

    private async Task<HttpResponseMessage> AnswerAsync(Action<HttpContext> act)
    {
        app.Answer = _ => Task.FromResult<IResult>(new Acting(act));
        return await app.CreateClient().GetAsync("/probe/waiting");
    }

    private static void IsPrivate(string cacheControl, HttpResponseMessage answer)
    {
        Assert.Equal(cacheControl, Header(answer, "Cache-Control"));
        Assert.DoesNotContain("public", cacheControl, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Surrogate-Key") || answer.Headers.Contains("Cache-Tag"));
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values) ? string.Join(", ", values) : "";

    private sealed class Acting(Action<HttpContext> act) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            act(httpContext);
            return httpContext.Response.StatusCode is 200 ? httpContext.Response.WriteAsync("fine") : Task.CompletedTask;
        }
    }
}
