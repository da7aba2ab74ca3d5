using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Modules.Tests.Media;

/// <summary>A member, and what the tests of photos do over and over.</summary>
internal sealed class Photographer(App app, HttpClient http)
{
    public HttpClient Http => http;

    public static async Task<Photographer> JoinAsync(App app) => new(app, (await Member.JoinAsync(app)).Http);

    public Task<HttpResponseMessage> PostAsync(byte[] image, string? contentType = "image/jpeg")
    {
        var content = new ByteArrayContent(image);
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);
        return http.PostAsync("/v1/media", content);
    }

    public Task<HttpResponseMessage> PostFormAsync(byte[] image, string fileName, string field = "file") =>
        http.PostAsync(
            "/v1/media",
            new MultipartFormDataContent { { new StringContent("a title"), "title" }, { new ByteArrayContent(image), field, fileName } });

    /// <summary>Uploads an image that must be taken; its id.</summary>
    public async Task<string> UploadAsync(byte[] image)
    {
        var response = await PostAsync(image);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (string)(await response.JsonAsync())["id"]!;
    }

    public async Task<JsonObject> GetAsync(string photo) =>
        await (await http.GetAsync($"/v1/media/{photo}")).EnsureSuccessStatusCode().JsonAsync();

    /// <summary>Waits until every variant is ready or failed.</summary>
    public Task<JsonObject> GetFinishedAsync(string photo) => Eventually.FindAsync(
        async () => await GetAsync(photo) is var view && (string?)view["state"] is "ready" or "failed" ? view : null, "all variants");

    public async Task<JsonArray> ListAsync() =>
        (await (await http.GetAsync("/v1/media")).EnsureSuccessStatusCode().JsonAsync())["items"]!.AsArray();

    /// <summary>The keys of all blobs of a photo, or of all photos.</summary>
    public async Task<List<string>> BlobsOfAsync(string photo = "") =>
        await app.Services.GetRequiredService<IBlobStore>().ListAsync($"photos/{photo}", CancellationToken.None).ToListAsync();

    public Task BlobsBecomeAsync(int count, string photo = "") =>
        Eventually.FindAsync(async () => await BlobsOfAsync(photo) is var keys && keys.Count == count ? keys : null, $"{count} blobs");

    public static JsonObject Variant(JsonObject photo, string preset) =>
        photo["variants"]!.AsArray().Single(v => (string?)v!["preset"] == preset)!.AsObject();
}
