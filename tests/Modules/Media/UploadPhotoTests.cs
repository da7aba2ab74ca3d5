using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Media;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

[Trait("host", "own")]
public sealed class UploadPhotoTests(App app) : IClassFixture<App>, IAsyncLifetime
{
    private Photographer _ada = null!;

    public async ValueTask InitializeAsync() => _ada = await Photographer.JoinAsync(app);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

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
            (
                (string?)photo["contentType"], (int)photo["width"]!, (int)photo["height"]!, (int)photo["bytes"]!,
                (string?)photo["contentHash"]));
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
        Assert.Equal(
            ["blur 800×1600", "thumb 256×256", "web 800×1600"],
            photo["variants"]!.AsArray().Select(v => $"{v!["preset"]} {v["width"]}×{v["height"]}"));
        Assert.All(
            photo["variants"]!.AsArray(), v => Assert.Equal(("ready", "image/webp"), ((string?)v!["state"], (string?)v["contentType"])));
    }

    [Fact]
    public async Task Is_queued_at_first() =>
        Assert.Contains(
            "\"state\":\"queued\"", await (await _ada.PostAsync(await ImageAsync("jpeg"))).Content.ReadAsStringAsync(),
            StringComparison.Ordinal);

    [Fact]
    public async Task Refuses_a_text_that_calls_itself_a_picture()
    {
        var text = Encoding.UTF8.GetBytes("This is no picture, whatever its name says.");

        await (await _ada.PostAsync(text)).IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media");
        await (await _ada.PostFormAsync(text, "holiday.jpg")).IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_name_that_says_otherwise_than_the_content()
    {
        await (
            await _ada.PostFormAsync(await ImageAsync("png"), "holiday.jpg")).IsProblemAsync(HttpStatusCode.UnsupportedMediaType,
            "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_jpeg_that_is_cut_short()
    {
        var jpeg = await ImageAsync("jpeg");

        await (await _ada.PostAsync(jpeg[..(jpeg.Length / 2)])).IsProblemAsync(HttpStatusCode.UnprocessableEntity, "unprocessable-image");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_an_image_of_too_many_pixels()
    {
        await (await _ada.PostAsync(Png.Bomb(30_000), "image/png")).IsProblemAsync(
            HttpStatusCode.UnprocessableEntity, "unprocessable-image");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_what_is_empty()
    {
        await (await _ada.PostAsync([])).IsProblemAsync(HttpStatusCode.BadRequest, "media.empty");
        await (await _ada.PostFormAsync([], "holiday.jpg")).IsProblemAsync(HttpStatusCode.BadRequest, "media.empty");
        await AssertNothingIsStoredAsync();
    }

    [Theory]
    [InlineData(true, 200 << 20)]
    [InlineData(true, (25 << 20) + 1)]
    [InlineData(false, (25 << 20) + 1)]
    public async Task Refuses_what_is_too_large(bool isDeclared, long length)
    {
        var body = new LongContent(length, isDeclared);

        var response = await _ada.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/v1/media") { Content = body, Headers = { ExpectContinue = isDeclared } });

        var problem = await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "too-large");
        Assert.Contains("26,214,400", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.True(!isDeclared || body.Sent == 0, $"{body.Sent} bytes were sent");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_body_that_goes_on_and_on_without_saying_so()
    {
        // By hand: HttpClient fails when it cannot send any more, and does not read the answer that is there.
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/media HTTP/1.1\r\nHost: x\r\nAuthorization: "
                + $"{_ada.Http.DefaultRequestHeaders.Authorization}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n"));
        await stream.WriteAsync(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0, (byte)'\r', (byte)'\n' });
        byte[] chunk = [.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8];
        var sent = 0L;
        try
        {
            for (; sent < 200 << 20; sent += 0x10000)
            {
                await stream.WriteAsync(chunk);
            }
        }
        catch (IOException)
        {
            // The server has hung up.
        }

        var answer = new byte[4096];
        var length = await stream.ReadAsync(answer);
        Assert.StartsWith("HTTP/1.1 413 ", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        Assert.Contains("too-large", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        Assert.InRange(sent, 25 << 20, 60 << 20);
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_form_that_is_too_large()
    {
        var response = await _ada.Http.PostAsync(
            "/v1/media", new MultipartFormDataContent { { new LongContent(26 << 20, isDeclared: false), "file", "a.jpg" } });

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "too-large");
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

        await (await _ada.Http.PostAsync("/v1/media", content)).IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_a_form_without_the_file_or_without_its_end()
    {
        await (
            await _ada.PostFormAsync(await ImageAsync("png"), "a.png", field: "picture")).IsProblemAsync(HttpStatusCode.BadRequest,
            "malformed");

        var form = new MultipartFormDataContent("edge") { { new ByteArrayContent(await ImageAsync("png")), "file", "a.png" } };
        var bytes = await form.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        foreach (var cut in new[] { 3, 30, bytes.Length / 2, bytes.Length - 10 })
        {
            var content = new ByteArrayContent(bytes[..cut]);
            content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=edge");
            await (await _ada.Http.PostAsync("/v1/media", content)).IsProblemAsync(HttpStatusCode.BadRequest, "malformed");
        }

        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_the_client_leaves()
    {
        using var gone = new CancellationTokenSource();
        var body = new LongContent(20 << 20, isDeclared: true)
        {
            Pause = async () => { await gone.CancelAsync(); await Task.Delay(Timeout.Infinite, gone.Token); },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _ada.Http.PostAsync("/v1/media", body, gone.Token));

        await Eventually.FindAsync(async () => await OrphansAsync() is { Count: 0 } none ? none : null, "no orphan");
        await AssertNothingIsStoredAsync();
    }

    [Fact]
    public async Task Refuses_strangers()
    {
        using var stranger = app.CreateClient();

        Assert.Equal(
            HttpStatusCode.Unauthorized, (await stranger.PostAsync("/v1/media", new ByteArrayContent(await ImageAsync("png")))).StatusCode);
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
        await using var services = app.Services.CreateAsyncScope();
        var views = services.ServiceProvider.GetRequiredService<Views>();
        var photos = await views.QueryAllAsync(new DocumentQuery(GalleryPhotoProjection.ViewKind, 1000), CancellationToken.None);
        return [.. (await _ada.BlobsOfAsync()).Where(key => photos.All(p => p.Id != key.Split('/')[1]))];
    }
}
