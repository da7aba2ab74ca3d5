using System.Text.RegularExpressions;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Pages;

public sealed partial class GalleryPageTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Shows_the_newest_photos_and_leads_to_the_older_ones()
    {
        var browser = await Browser.SignUpAsync(app);
        for (var i = 0; i < 13; i++)
        {
            using var taken = await browser.UploadAsync(Photo(), "photo.png");
            Assert.Equal("/", taken.Headers.Location?.OriginalString);
        }

        var first = await browser.ReadAsync("/");
        var older = await browser.ReadAsync(Older().Match(first).Groups[1].Value);

        Assert.Equal(12, Card().Count(first));
        Assert.Single(Card().Matches(older));
        Assert.DoesNotContain("rel=\"next\"", older, StringComparison.Ordinal);
        Assert.Empty(Card().Matches(first).Select(m => m.Value).Intersect(Card().Matches(older).Select(m => m.Value)));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("eA.AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Goes_back_to_the_newest_photos_where_a_cursor_is_not_of_this_list(string cursor)
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.GetAsync($"/?after={cursor}");

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Takes_no_upload_without_the_token_of_a_page()
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.UploadAsync(Photo(), "photo.png", token: "made up");

        var page = await browser.ReadAsync("/");
        Assert.Contains("open for too long", page, StringComparison.Ordinal);
        Assert.Empty(Card().Matches(page));
    }

    [Theory]
    [InlineData(0, "", "Choose a photo first")]
    [InlineData(0, "empty.jpg", "There is no content")]
    [InlineData(500, "zeros.jpg", "not a JPEG, PNG or WebP image")]
    [InlineData(26 << 20, "large.jpg", "The photo is larger than 25 MB")]
    [InlineData(60 << 20, "larger.jpg", "The photo is larger than 25 MB")]
    public async Task Says_why_a_file_is_refused_however_much_of_it_there_is(int length, string name, string message)
    {
        var browser = await Browser.SignUpAsync(app);

        using var answer = await browser.UploadAsync(new byte[length], name);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Contains(message, await browser.ReadAsync("/"), StringComparison.Ordinal);
        Assert.DoesNotContain(message, await browser.ReadAsync("/"), StringComparison.Ordinal); // said once
    }

    [Fact]
    public async Task Says_so_when_the_form_breaks_off()
    {
        var browser = await Browser.SignUpAsync(app);
        var cut = new StringContent("--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nno end");
        cut.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "b") } };

        using var answer = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/photos") { Content = cut });

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Contains("cut short", await browser.ReadAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deletes_no_photo_of_another_user()
    {
        var owner = await Browser.SignUpAsync(app);
        (await owner.UploadAsync(Photo(), "photo.png")).Dispose();
        var id = Card().Match(await owner.ReadAsync("/")).Groups[1].Value;
        var other = await Browser.SignUpAsync(app);

        using var answer = await other.PostAsync("/", $"/photos/{id}/delete", []);

        Assert.Contains("There is nothing here", await other.ReadAsync("/"), StringComparison.Ordinal);
        Assert.Single(Card().Matches(await owner.ReadAsync("/")));
    }

    private static byte[] Photo() => Pictures.RedAndBlue(60, 40);

    [GeneratedRegex("<h2 id=\"photo-([^\"]+)\"")]
    private static partial Regex Card();

    [GeneratedRegex("href=\"([^\"]+)\" rel=\"next\"")]
    private static partial Regex Older();
}
