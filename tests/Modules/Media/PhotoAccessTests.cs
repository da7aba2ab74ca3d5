using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

/// <summary>Looking at photos and deleting them.</summary>
public sealed class PhotoAccessTests(MediaFixture fixture) : IClassFixture<MediaFixture>, IAsyncLifetime
{
    private Photographer _ada = null!;

    public async ValueTask InitializeAsync() => _ada = await Photographer.JoinAsync(fixture.App);

    public ValueTask DisposeAsync()
    {
        _ada.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Hides_a_photo_from_everybody_but_its_owner()
    {
        using var bob = await Photographer.JoinAsync(fixture.App);
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        await _ada.GetAsync(photo);

        await Photographer.AssertRefusedAsync(await bob.Http.GetAsync($"/v1/media/{photo}"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await bob.Http.GetAsync($"/v1/media/{photo}/content"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await bob.Http.DeleteAsync($"/v1/media/{photo}"), 404, "not-found");
        Assert.Empty(await bob.ListAsync());
        Assert.Single(await _ada.ListAsync());
    }

    [Fact]
    public async Task Knows_no_photo_that_never_was()
    {
        const string photo = "01890a5d-ac96-774b-bcce-b302099a8057";

        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync($"/v1/media/{photo}"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync($"/v1/media/{photo}/content"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await _ada.Http.DeleteAsync($"/v1/media/{photo}"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync("/v1/media/7"), 404, "not-found");
    }

    [Fact]
    public async Task Tells_by_its_version_whether_a_photo_changed()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        await _ada.GetFinishedAsync(photo);
        var etag = (await _ada.Http.GetAsync($"/v1/media/{photo}")).Headers.ETag!;

        var response = await _ada.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/media/{photo}") { Headers = { IfNoneMatch = { etag } } });

        Assert.Equal("\"4\"", etag.Tag);
        Assert.Equal(HttpStatusCode.NotModified, response.StatusCode);
    }

    [Fact]
    public async Task Lists_photos_page_by_page_newest_first()
    {
        var uploaded = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            uploaded.Insert(0, await _ada.UploadAsync(Pictures.Slopes(60, 40)));
            await Task.Delay(2, TestContext.Current.CancellationToken); // ids are in order to the millisecond
        }

        var listed = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = JsonNode.Parse(await _ada.Http.GetStringAsync($"/v1/media?limit=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}"))!;
            listed.AddRange(page["items"]!.AsArray().Select(p => (string)p!["id"]!));
            cursor = (string?)page["next"];
        }

        Assert.Equal(uploaded, listed);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=x")]
    [InlineData("cursor=bm90aGluZw.AAAA")]
    public async Task Refuses_a_page_that_cannot_be(string query) =>
        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync($"/v1/media?{query}"), 400, "malformed");

    [Fact]
    public async Task Gives_the_original_back_to_its_owner()
    {
        var image = Pictures.Slopes(60, 40);
        var photo = await _ada.UploadAsync(image);

        var response = await _ada.Http.GetAsync($"/v1/media/{photo}/content");
        var part = await _ada.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/media/{photo}/content") { Headers = { Range = new RangeHeaderValue(0, 3) } });

        Assert.Equal(image, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/png", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.Private);
        Assert.Equal($"inline; filename=\"{photo}.png\"", response.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal((HttpStatusCode.PartialContent, 4L), (part.StatusCode, part.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Deletes_a_photo_with_all_its_files_and_addresses()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        var url = (string)Photographer.Variant(await _ada.GetFinishedAsync(photo), "thumb")["url"]!;
        Assert.Equal(4, (await _ada.BlobsOfAsync(photo)).Count);

        Assert.Equal(HttpStatusCode.NoContent, (await _ada.Http.DeleteAsync($"/v1/media/{photo}")).StatusCode);

        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync($"/v1/media/{photo}"), 404, "not-found");
        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync($"/v1/media/{photo}/content"), 404, "not-found");
        Assert.Empty(await _ada.ListAsync());
        await Eventually.GetAsync(() => _ada.BlobsOfAsync(photo), keys => keys.Count == 0);
        await Photographer.AssertRefusedAsync(await _ada.Http.GetAsync(url), 404, "not-found");
    }

    [Fact]
    public async Task Deletes_a_photo_once_however_often_it_is_asked_to()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _ada.Http.DeleteAsync($"/v1/media/{photo}")));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.NoContent, a.StatusCode));
        await Eventually.GetAsync(() => _ada.BlobsOfAsync(photo), keys => keys.Count == 0);
    }
}
