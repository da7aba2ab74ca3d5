using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests;

/// <summary>What readers get through a real Varnish with the configuration of <c>deploy/</c>.</summary>
public sealed partial class EdgeTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    private const string Poison = "evil.example";

    // Everything that a person can open in a browser.
    private static readonly string[] _pages = ["/", "/account", "/login", "/problems", "/signup", "/status", "/admin/invitation"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gives_no_reader_what_belongs_to_another_whatever_they_ask_for_and_how_often()
    {
        RequireVarnish();
        var paths = await PathsAsync();
        var answers = new List<Seen>();

        // Twice each, one after the other and in another order the second time, so that whatever was kept for one is there when another
        // asks.
        Reader[] readers =
            [new(fixture.Ada, false), new(fixture.Ada, true), new(fixture.Bob, false), new(fixture.Bob, true), new(null, false)];
        foreach (var (method, path) in paths)
        {
            foreach (var reader in readers.Concat(readers.Reverse()))
            {
                answers.Add(await AskAsync(reader, method, path));
            }
        }

        foreach (var seen in answers)
        {
            Assert.True(
                seen.IsKept == false || seen.CacheControl.Contains("public", StringComparison.Ordinal), $"{seen} came from the cache");
            Assert.True(
                seen.CacheControl.StartsWith("public", StringComparison.Ordinal) || PrivateOrNotStored().IsMatch(seen.CacheControl),
                $"{seen} may be kept");
            Assert.True(
                !seen.CacheControl.StartsWith("public", StringComparison.Ordinal) || PublicPath().IsMatch(seen.Path), $"{seen} is public");
            foreach (var other in new[] { fixture.Ada, fixture.Bob }.Where(p => p != seen.Reader.Person))
            {
                // What is asked for is said again in problem documents, to the one who asked.
                var text = seen.Path.Contains(other.Photo, StringComparison.Ordinal)
                    || seen.Path.Contains(other.Id, StringComparison.Ordinal)
                    ? seen.Body.Replace(seen.Path.Split('?')[0], "", StringComparison.Ordinal) : seen.Body;
                // Names are for every member to see there.
                var traces = seen.Path.Contains(other.Id, StringComparison.Ordinal) ? other.Secrets : other.Traces;
                Assert.DoesNotContain(traces, trace => text.Contains(trace, StringComparison.OrdinalIgnoreCase));
            }
        }

        // And it was worth something: what is public comes from the cache, what is one's own is there, whole.
        Assert.Contains(answers, a => a.IsKept && a.Path == fixture.Ada.Variant && a.Reader.Person == fixture.Bob);
        Assert.Contains(answers, a => a.Path == "/v1/users/me" && a.Body.Contains(fixture.Ada.Email, StringComparison.Ordinal));
        Assert.Contains(answers, a => a.Path == "/" && a.Body.Contains(fixture.Bob.Name, StringComparison.Ordinal));
        Assert.True(paths.Count > 40, $"only {paths.Count} addresses");
    }

    [Fact]
    public void Crawls_every_page_that_there_is()
    {
        var mapped = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Console"), "*.cs", SearchOption.AllDirectories)
            .Sum(file => Regex.Count(File.ReadAllText(file), @"\.MapGet\("));

        Assert.Equal(_pages.Length + 1, mapped); // and the files that they name
    }

    [Fact]
    public async Task Keeps_nothing_of_what_a_poisoned_request_says()
    {
        RequireVarnish();
        var paths = (await PathsAsync()).Where(p => p.Method == "GET").Select(p => p.Path).Distinct().ToList();
        string[] names = [
            "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "Forwarded", "X-Host",
            "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "Host", "Origin", "Referer", "Accept-Language", "User-Agent"];
        using var http = fixture.Client();
        foreach (var path in paths)
        {
            foreach (var name in names)
            {
                using var poisoned = new HttpRequestMessage(
                    HttpMethod.Get, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + $"x={Poison}");
                poisoned.Headers.TryAddWithoutValidation(
                    name,
                    name is "X-Original-URL" or "X-Rewrite-URL" ? $"/{Poison}" : name is "X-HTTP-Method-Override" ? "DELETE" : Poison);
                using var _ = await http.SendAsync(poisoned, Cancelled);
            }
        }

        foreach (var path in paths)
        {
            var seen = await AskAsync(new Reader(null, false), "GET", path);
            Assert.DoesNotContain(Poison, seen.Body, StringComparison.Ordinal);
            Assert.True(seen.Status != HttpStatusCode.BadRequest && (int)seen.Status < 500, $"{seen}");
        }

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(new Reader(null, false), "GET", fixture.Ada.Variant)).Status);
    }

    [Fact]
    public async Task Has_a_photo_for_the_second_reader_and_not_after_it_is_deleted()
    {
        RequireVarnish();
        using var ada = fixture.Client(fixture.Ada.Token);
        var (photo, variant) = await EdgePerson.UploadAsync(ada);
        var first = await AskAsync(new Reader(null, false), "GET", variant);
        var second = await AskAsync(new Reader(fixture.Bob, true), "GET", variant);
        Assert.Equal((false, true), (first.IsKept, second.IsKept));
        Assert.Contains("s-maxage=1, stale-while-revalidate=60, stale-if-error=600", second.CacheControl, StringComparison.Ordinal);

        using var deleted = await ada.DeleteAsync($"/v1/media/{photo}", Cancelled);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        await Eventually.IsSoAsync(async () => (await AskAsync(new Reader(null, false), "GET", variant)).Status == HttpStatusCode.NotFound);
        await Eventually.IsSoAsync(
            () => fixture.Host.Output.Contains($"Purged photo {photo} from the edge, which answered at", StringComparison.Ordinal));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(new Reader(fixture.Ada, false), "GET", variant)).Status);
        }
    }

    [Fact]
    public async Task Shows_what_it_has_while_the_origin_is_killed_says_503_for_all_else_and_goes_on_when_it_is_back()
    {
        RequireVarnish();
        using var http = fixture.Client();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(new Reader(null, false), "GET", fixture.Bob.Variant)).Status);

        fixture.Host.Kill();
        fixture.Host.Dispose();
        try
        {
            // Until it is well past what is fresh and what may be shown while it is asked for.
            await Eventually.IsSoAsync(async () =>
            {
                using var kept = await http.GetAsync(fixture.Bob.Variant, Cancelled);
                Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
                return kept.Headers.Age > TimeSpan.FromSeconds(3);
            });
            foreach (var path in new[] { "/v1/limits", "/", fixture.Bob.Variant.Replace("/web/", "/blur/", StringComparison.Ordinal) })
            {
                using var refused = await http.GetAsync(path, Cancelled);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                Assert.NotNull(refused.Headers.RetryAfter);
                Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
                Assert.Equal("unavailable", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancelled))!["code"]);
                Assert.True(refused.Headers.CacheControl?.NoStore);
            }
        }
        finally
        {
            await fixture.StartHostAsync();
        }

        await Eventually.IsSoAsync(
            async () => (await AskAsync(new Reader(fixture.Ada, false), "GET", "/v1/users/me")).Status == HttpStatusCode.OK);
        await Eventually.IsSoAsync(async () =>
        {
            using var fresh = await http.GetAsync(fixture.Bob.Variant, Cancelled);
            Assert.Equal(HttpStatusCode.OK, fresh.StatusCode);
            return fresh.Headers.Age < TimeSpan.FromSeconds(2);
        });
    }

    private async Task<List<(string Method, string Path)>> PathsAsync()
    {
        using var http = fixture.Client();
        var description = JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json", Cancelled))!["paths"]!.AsObject();
        var paths = _pages.Select(page => ("GET", page)).Append(("GET", "/openapi/v1.json")).Append(("GET", "/nothing-here")).ToList();
        var page = await http.GetStringAsync("/", Cancelled);
        paths.AddRange(Asset().Matches(page).Select(a => ("GET", a.Value)).Distinct());
        foreach (var (template, operations) in description.Where(path => !OfOperations().IsMatch(path.Key)))
        {
            foreach (var person in new[] { fixture.Ada, fixture.Bob })
            {
                var variant = person.Variant.Split('/');
                var path = template.Replace(
                    "{signature}", variant[2], StringComparison.Ordinal).Replace("{preset}", variant[3], StringComparison.Ordinal)
                    .Replace("{file}", variant[4], StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal)
                    .Replace("{subscription}", "x", StringComparison.Ordinal).Replace("{shard}", "0", StringComparison.Ordinal)
                        .Replace("{position}", "1", StringComparison.Ordinal)
                    .Replace(
                        "{id}", template.Contains("users", StringComparison.Ordinal) ? person.Id : person.Photo, StringComparison.Ordinal);
                Assert.DoesNotMatch(
                    @"[{}]", path.Replace("{view}", "", StringComparison.Ordinal).Replace("{event}", "", StringComparison.Ordinal));

                // What would end them for good is asked for without what it needs, and refused; it is the answer that counts.
                paths.AddRange(operations!.AsObject().Select(o => (o.Key.ToUpperInvariant(), path)).Where(p => p.Item1 != "DELETE"));
            }
        }

        return [.. paths.Distinct()];
    }

    private async Task<Seen> AskAsync(Reader reader, string method, string path)
    {
        using var http = fixture.Client(reader.HasCookie ? null : reader.Person?.Token);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        if (reader is { HasCookie: true, Person: { } person })
        {
            request.Headers.Add("Cookie", person.Cookie);
        }

        using var answer = await http.SendAsync(request, Cancelled);
        Assert.False(answer.Headers.Contains("Surrogate-Key") || answer.Headers.Contains("Cache-Tag"));
        return new Seen(
            reader, path, answer.StatusCode, string.Concat(answer.Headers.GetValues("X-Cache")) == "hit",
            answer.Headers.NonValidated.TryGetValues("Cache-Control", out var said) ? string.Join(", ", said) : "",
            $"{answer.Headers}{answer.Content.Headers}{await answer.Content.ReadAsStringAsync(Cancelled)}");
    }

    private static void RequireVarnish() => Assert.SkipWhen(VarnishTestServer.Missing is not null, VarnishTestServer.Missing ?? "");

    // The edge refuses these by itself.
    [GeneratedRegex("^/(metrics$|health/)")]
    private static partial Regex OfOperations();

    [GeneratedRegex("^/(m|assets)/")]
    private static partial Regex PublicPath();

    [GeneratedRegex("private|no-store")]
    private static partial Regex PrivateOrNotStored();

    [GeneratedRegex("/assets/[0-9a-f]+/[a-z.]+")]
    private static partial Regex Asset();

    /// <param name="Person">Null for a reader who is not signed in.</param>
    /// <param name="HasCookie">Whether the session comes in a cookie, as from a browser.</param>
    private sealed record Reader(EdgePerson? Person, bool HasCookie);

    private sealed record Seen(Reader Reader, string Path, HttpStatusCode Status, bool IsKept, string CacheControl, string Body)
    {
        public override string ToString() => $"{Path} ({(int)Status}) for {Reader.Person?.Name ?? "an anonymous reader"}, {CacheControl}";
    }
}
