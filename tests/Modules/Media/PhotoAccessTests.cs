using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

/// <summary>Looking at photos and deleting them.</summary>
public sealed class PhotoAccessTests(App app) : IClassFixture<App>, IAsyncLifetime
{
    private Photographer _ada = null!;

    public async ValueTask InitializeAsync() => _ada = await Photographer.JoinAsync(app);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Hides_a_photo_from_all_users_but_its_owner()
    {
        var bob = await Photographer.JoinAsync(app);
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        await _ada.GetAsync(photo);

        await (await bob.Http.GetAsync($"/v1/media/{photo}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await bob.Http.GetAsync($"/v1/media/{photo}/content")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await bob.Http.DeleteAsync($"/v1/media/{photo}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Empty(await bob.ListAsync());
        Assert.Single(await _ada.ListAsync());
    }

    [Fact]
    public async Task Knows_no_photo_that_never_was()
    {
        const string Unknown = "01890a5d-ac96-774b-bcce-b302099a8057";

        await (await _ada.Http.GetAsync($"/v1/media/{Unknown}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await _ada.Http.GetAsync($"/v1/media/{Unknown}/content")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await _ada.Http.DeleteAsync($"/v1/media/{Unknown}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await _ada.Http.GetAsync("/v1/media/7")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Tells_by_its_version_whether_a_photo_changed()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        await _ada.GetFinishedAsync(photo);
        var etag = (await _ada.Http.GetAsync($"/v1/media/{photo}")).Headers.ETag!;

        var response = await _ada.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"/v1/media/{photo}") { Headers = { IfNoneMatch = { etag } } });

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
            var page = JsonNode.Parse(
                await _ada.Http.GetStringAsync($"/v1/media?limit=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}"))!;
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
        await (await _ada.Http.GetAsync($"/v1/media?{query}")).IsProblemAsync(HttpStatusCode.BadRequest, "malformed");

    [Fact]
    public async Task Gives_the_original_back_to_its_owner()
    {
        var image = Pictures.Slopes(60, 40);
        var photo = await _ada.UploadAsync(image);

        var response = await _ada.Http.GetAsync($"/v1/media/{photo}/content");
        var part = await _ada.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"/v1/media/{photo}/content") { Headers = { Range = new RangeHeaderValue(0, 3) } });

        Assert.Equal(image, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/png", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.Private);
        Assert.Equal($"inline; filename=\"{photo}.png\"", response.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal((HttpStatusCode.PartialContent, 4L), (part.StatusCode, part.Content.Headers.ContentLength));
    }

    [Fact, Trait("host", "own")]
    public async Task Deletes_a_photo_with_all_its_files_and_addresses()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));
        var url = (string)Photographer.Variant(await _ada.GetFinishedAsync(photo), "thumb")["url"]!;
        Assert.Equal(4, (await _ada.BlobsOfAsync(photo)).Count);

        Assert.Equal(HttpStatusCode.NoContent, (await _ada.Http.DeleteAsync($"/v1/media/{photo}")).StatusCode);

        await (await _ada.Http.GetAsync($"/v1/media/{photo}")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await _ada.Http.GetAsync($"/v1/media/{photo}/content")).IsProblemAsync(HttpStatusCode.NotFound, "not-found");
        Assert.Empty(await _ada.ListAsync());
        await _ada.BlobsBecomeAsync(0, photo);
        await (await _ada.Http.GetAsync(url)).IsProblemAsync(HttpStatusCode.NotFound, "not-found");

        // Where there is no edge nothing is there to be purged.
        var purges = new DocumentQuery(JobViewProjection.ViewKind, 10) { Entry = JobViewProjection.EntryOf(null, "media.purge-edge.v1") };
        foreach (var shard in app.Services.GetRequiredService<Shards>().All)
        {
            Assert.Empty(await shard.Store.QueryAsync(purges, CancellationToken.None));
        }
    }

    [Fact, Trait("host", "own")]
    public async Task Deletes_a_photo_once_however_often_it_is_asked_to()
    {
        var photo = await _ada.UploadAsync(Pictures.Slopes(60, 40));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _ada.Http.DeleteAsync($"/v1/media/{photo}")));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.NoContent, a.StatusCode));
        await _ada.BlobsBecomeAsync(0, photo);
    }
}
