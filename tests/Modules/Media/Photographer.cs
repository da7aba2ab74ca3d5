using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Modules.Tests.Media;

/// <summary>A user who is logged in, and what the tests of photos do over and over.</summary>
internal sealed class Photographer(MediaApp app, HttpClient http) : IDisposable
{
    public HttpClient Http => http;

    public static async Task<Photographer> JoinAsync(MediaApp app)
    {
        var http = app.CreateClient();
        var email = $"{Path.GetRandomFileName()}@example.org";
        const string password = "correct horse battery";
        var registered = await http.PostAsJsonAsync("/v1/users", new { email, password, firstName = "Ada", lastName = "Lovelace" });
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        var session = await ReadAsync(await http.PostAsJsonAsync("/v1/sessions", new { email, password }));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)session["token"]!);
        return new Photographer(app, http);
    }

    public Task<HttpResponseMessage> PostAsync(byte[] image, string? contentType = "image/jpeg")
    {
        var content = new ByteArrayContent(image);
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);
        return http.PostAsync("/v1/media", content);
    }

    public Task<HttpResponseMessage> PostFormAsync(byte[] image, string fileName, string field = "file") =>
        http.PostAsync("/v1/media", new MultipartFormDataContent { { new StringContent("a title"), "title" }, { new ByteArrayContent(image), field, fileName } });

    /// <summary>Uploads an image that must be taken; its id.</summary>
    public async Task<string> UploadAsync(byte[] image)
    {
        var response = await PostAsync(image);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (string)(await ReadAsync(response))["id"]!;
    }

    public async Task<JsonObject> GetAsync(string photo) => await ReadAsync(await http.GetAsync($"/v1/media/{photo}"));

    /// <summary>Waits until every variant is ready or failed.</summary>
    public Task<JsonObject> GetFinishedAsync(string photo) =>
        Eventually.GetAsync(() => GetAsync(photo), view => (string?)view["state"] is "ready" or "failed");

    public async Task<JsonArray> ListAsync() => (await ReadAsync(await http.GetAsync("/v1/media")))["items"]!.AsArray();

    public async Task<string> UploadAndGetUrlAsync(byte[] image, string preset)
    {
        var photo = await GetFinishedAsync(await UploadAsync(image));
        return (string)Variant(photo, preset)["url"]!;
    }

    /// <summary>The keys of all blobs of a photo, or of all photos.</summary>
    public async Task<List<string>> BlobsOfAsync(string photo = "") =>
        await app.Blobs.ListAsync($"photos/{photo}", CancellationToken.None).ToListAsync();

    public static JsonObject Variant(JsonObject photo, string preset) =>
        photo["variants"]!.AsArray().Single(v => (string?)v!["preset"] == preset)!.AsObject();

    /// <summary>Asserts that this is a refusal as all are.</summary>
    public static async Task<JsonObject> AssertRefusedAsync(HttpResponseMessage response, int status, string code)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(body)!.AsObject();
        Assert.Equal(code, (string?)problem["code"]);
        Assert.NotNull(problem["traceId"]);
        return problem;
    }

    public void Dispose() => http.Dispose();

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {body}");
        return JsonNode.Parse(body)!.AsObject();
    }
}
