using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Media;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

public sealed class UploadPhotoTests(MediaFixture fixture) : IClassFixture<MediaFixture>, IAsyncLifetime
{
    private Photographer _ada = null!;

    public async ValueTask InitializeAsync() => _ada = await Photographer.JoinAsync(fixture.App);

    public ValueTask DisposeAsync()
    {
        _ada.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("jpeg", "image/jpeg")]
    [InlineData("png", "application/octet-stream")]
    [InlineData("webp", null)]
    public async Task Takes_an_image_as_the_body(string format, string? contentType)
    {
        var image = await ImageAsync(format);

        var response = await _ada.PostAsync(image, contentType);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var photo = Assert.Single(await _ada.ListAsync())!.AsObject();
        Assert.Equal($"/v1/media/{photo["id"]}", response.Headers.Location?.ToString());
        Assert.Equal(
            ($"image/{format}", 600, 400, image.Length, Convert.ToHexStringLower(SHA256.HashData(image))),
            ((string?)photo["contentType"], (int)photo["width"]!, (int)photo["height"]!, (int)photo["bytes"]!, (string?)photo["contentHash"]));
    }

    [Theory]
    [InlineData("jpeg", "a.JPG")]
    [InlineData("png", "a.png")]
    [InlineData("webp", "blob")]
    public async Task Takes_an_image_as_the_file_of_a_form(string format, string fileName)
    {
        var response = await _ada.PostFormAsync(await ImageAsync(format), fileName);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"image/{format}", (string?)Assert.Single(await _ada.ListAsync())!["contentType"]);
    }

    [Fact]
    public async Task Makes_every_variant_in_its_size()
    {
        var jpeg = Pictures.WithExif(await Pictures.JpegAsync(Pictures.RedAndBlue(2000, 1000)), orientation: 6);

        var photo = await _ada.GetFinishedAsync(await _ada.UploadAsync(jpeg));

        Assert.Equal("ready", (string?)photo["state"]);
        Assert.Equal((1000, 2000), ((int)photo["width"]!, (int)photo["height"]!));
        Assert.Equal(["blur 800×1600", "thumb 256×256", "web 800×1600"], photo["variants"]!.AsArray().Select(v => $"{v!["preset"]} {v["width"]}×{v["height"]}"));
        Assert.All(photo["variants"]!.AsArray(), v => Assert.Equal(("ready", "image/webp"), ((string?)v!["state"], (string?)v["contentType"])));
    }

    [Fact]
    public async Task Is_queued_at_first() =>
        Assert.Contains("\"state\":\"queued\"", await (await _ada.PostAsync(await ImageAsync("jpeg"))).Content.ReadAsStringAsync(), StringComparison.Ordinal);

    [Fact]
    public async Task Refuses_a_text_that_calls_itself_a_picture()
    {
        var text = Encoding.UTF8.GetBytes("This is no picture, whatever its name says.");

        await Photographer.AssertRefusedAsync(await _ada.PostAsync(text), 415, "unsupported-media");
        await Photographer.AssertRefusedAsync(await _ada.PostFormAsync(text, "holiday.jpg"), 415, "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_name_that_says_otherwise_than_the_content()
    {
        await Photographer.AssertRefusedAsync(await _ada.PostFormAsync(await ImageAsync("png"), "holiday.jpg"), 415, "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_jpeg_that_is_cut_short()
    {
        var jpeg = await ImageAsync("jpeg");

        await Photographer.AssertRefusedAsync(await _ada.PostAsync(jpeg[..(jpeg.Length / 2)]), 422, "unprocessable-image");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_an_image_of_too_many_pixels()
    {
        await Photographer.AssertRefusedAsync(await _ada.PostAsync(Png.Bomb(30_000), "image/png"), 422, "unprocessable-image");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_what_is_empty()
    {
        await Photographer.AssertRefusedAsync(await _ada.PostAsync([]), 400, "media.empty");
        await Photographer.AssertRefusedAsync(await _ada.PostFormAsync([], "holiday.jpg"), 400, "media.empty");
        await AssertNothingIsStoredAsync();
    }

    [Theory]
    [InlineData(true, 200 << 20)]
    [InlineData(false, 200 << 20)]
    [InlineData(true, (25 << 20) + 1)]
    [InlineData(false, (25 << 20) + 1)]
    public async Task Refuses_what_is_too_large(bool isDeclared, long length)
    {
        var body = new LongContent(length, isDeclared);

        var response = await _ada.Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/media") { Content = body, Headers = { ExpectContinue = isDeclared } });

        var problem = await Photographer.AssertRefusedAsync(response, 413, "too-large");
        Assert.Contains("26,214,400", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.True(!isDeclared || body.Sent == 0, $"{body.Sent} bytes were sent");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_form_that_is_too_large()
    {
        var response = await _ada.Http.PostAsync("/v1/media", new MultipartFormDataContent { { new LongContent(26 << 20, isDeclared: false), "file", "a.jpg" } });

        await Photographer.AssertRefusedAsync(response, 413, "too-large");
        await AssertNothingIsStoredAsync();
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("image/png/jpeg")]
    public async Task Refuses_other_types_of_content(string contentType)
    {
        var content = new ByteArrayContent(await ImageAsync("png"));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        await Photographer.AssertRefusedAsync(await _ada.Http.PostAsync("/v1/media", content), 415, "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_form_without_the_file_or_without_its_end()
    {
        await Photographer.AssertRefusedAsync(await _ada.PostFormAsync(await ImageAsync("png"), "a.png", field: "picture"), 400, "malformed");

        var form = new MultipartFormDataContent("edge") { { new ByteArrayContent(await ImageAsync("png")), "file", "a.png" } };
        var bytes = await form.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        foreach (var cut in new[] { 3, 30, bytes.Length / 2, bytes.Length - 10 })
        {
            var content = new ByteArrayContent(bytes[..cut]);
            content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=edge");
            await Photographer.AssertRefusedAsync(await _ada.Http.PostAsync("/v1/media", content), 400, "malformed");
        }

        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_the_client_goes_away()
    {
        using var gone = new CancellationTokenSource();
        var body = new LongContent(20 << 20, isDeclared: true) { Pause = async () => { await gone.CancelAsync(); await Task.Delay(Timeout.Infinite, gone.Token); } };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _ada.Http.PostAsync("/v1/media", body, gone.Token));

        await Eventually.GetAsync(OrphansAsync, orphans => orphans.Count == 0);
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_strangers()
    {
        using var stranger = fixture.App.CreateClient();

        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostAsync("/v1/media", new ByteArrayContent(await ImageAsync("png")))).StatusCode);
    }

    private static Task<byte[]> ImageAsync(string format) => format switch
    {
        "jpeg" => Pictures.JpegAsync(Pictures.Slopes(600, 400)),
        "webp" => Pictures.WebpAsync(Pictures.Slopes(600, 400)),
        _ => Task.FromResult(Pictures.Slopes(600, 400)),
    };

    private async Task AssertNothingIsStoredAsync()
    {
        Assert.Empty(await _ada.ListAsync());
        Assert.Empty(await OrphansAsync());
    }

    // Other tests of the class have photos in the same store: what no owner's list names is an orphan.
    private async Task<List<string>> OrphansAsync()
    {
        var views = fixture.App.Services.GetRequiredService<Views>();
        var photos = await views.QueryAllAsync(new DocumentQuery(GalleryPhotoProjection.ViewKind, 1000), CancellationToken.None);
        return [.. (await _ada.BlobsOfAsync()).Where(key => photos.All(p => p.Id != key.Split('/')[1]))];
    }
}
