using System.Text.RegularExpressions;

namespace Monolith.Modules.Tests.Pages;

public sealed partial class PlatformPagesTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Answers_a_browser_with_a_page_and_a_program_with_a_problem_where_nothing_is()
    {
        using var page = await new Browser(app).GetAsync("/nowhere");
        using var problem = await app.CreateClient().GetAsync("/nowhere");

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        await problem.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Leaves_a_wrong_method_to_the_platform()
    {
        using var answer = await app.CreateClient().PutAsync("/login", null);

        await answer.IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task Tells_administrators_alone_what_is_inside()
    {
        var browser = await Browser.SignUpAsync(app);

        foreach (var page in new[] { await new Browser(app).ReadAsync("/status"), await browser.ReadAsync("/status") })
        {
            Assert.Contains("Everything works", page, StringComparison.Ordinal);
            Assert.DoesNotContain("sqlite:", page, StringComparison.Ordinal);
            Assert.DoesNotContain("Background work", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Explains_every_code_of_the_platform_where_problem_documents_point()
    {
        var page = await new Browser(app).ReadAsync("/problems");

        Assert.All(PlatformErrors.All, error => Assert.Contains($"id=\"{error.Code}\"", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lets_files_be_kept_permanently_under_their_own_version_only()
    {
        var browser = new Browser(app);
        var style = Style().Match(await browser.ReadAsync("/")).Value;

        using var own = await browser.GetAsync(style);
        using var other = await browser.GetAsync("/assets/000000000000/style.css");

        Assert.Contains("public, max-age=31536000,", string.Concat(own.Headers.NonValidated["Cache-Control"]), StringComparison.Ordinal);
        Assert.Equal("text/css", own.Content.Headers.ContentType?.MediaType);
        Assert.True(other.Headers.CacheControl?.NoStore);
        Assert.Equal(await own.Content.ReadAsStringAsync(), await other.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/login")]
    [InlineData("/status")]
    [InlineData("/problems")]
    public async Task Lets_no_cache_keep_a_page(string path)
    {
        using var answer = await new Browser(app).GetAsync(path);

        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [GeneratedRegex("/assets/[0-9a-f]+/style.css")]
    private static partial Regex Style();
}
