using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>The steps of a visitor with a photo.</summary>
internal static class PhotoVisit
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Registers and logs in; the bearer token.</summary>
    public static async Task<string> SignInAsync(HttpClient http)
    {
        const string Password = "correct horse battery";
        using var registered = await http.PostAsJsonAsync(
            "/v1/users", new { email = "ada@example.org", password = Password, firstName = "Ada", lastName = "Lovelace" }, Cancelled);
        registered.EnsureSuccessStatusCode();
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email = "ada@example.org", password = Password }, Cancelled);
        return (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
    }

    /// <summary>Registers, logs in, uploads a photo and waits until its variants are made; its view.</summary>
    public static async Task<JsonObject> UploadAsync(HttpClient http, byte[] image)
    {
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await SignInAsync(http));
        using var content = new ByteArrayContent(image);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var uploaded = await http.PostAsync("/v1/media", content, Cancelled);
        uploaded.EnsureSuccessStatusCode();
        return await FinishedAsync(http, uploaded.Headers.Location!.ToString());
    }

    /// <summary>Waits until no variant of a photo is under way; its view.</summary>
    public static async Task<JsonObject> FinishedAsync(HttpClient http, string location)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var view = (await http.GetFromJsonAsync<JsonObject>(location, limit.Token))!;
            if ((string?)view["state"] is not "processing")
            {
                return view;
            }

            await Task.Delay(100, limit.Token);
        }
    }

    // Each job counts the commit of its success once; the first process got as far as it got.
    public static async Task<int> FinishedJobsAsync(string output, HttpClient http)
    {
        var link = output.Split("token=")[1].Split('\n')[0].Trim();
        using var accepted = await http.PostAsJsonAsync("/v1/admin/invitation", new { token = link }, Cancelled);
        accepted.EnsureSuccessStatusCode();
        var jobs = await http.GetFromJsonAsync<JsonObject>("/v1/admin/jobs?state=succeeded", Cancelled);
        return jobs!["items"]!.AsArray().Count;
    }

    /// <summary>Makes a photo; the test is skipped where that cannot be done.</summary>
    public static async Task<byte[]> PhotoAsync()
    {
        var path = Path.Combine(Repository.Root, "artifacts", "kill.jpg");
        using var made = new CapturedProcess(
            new System.Diagnostics.ProcessStartInfo(Path.Combine(Repository.Root, "eng", "photo"), [path]));
        Assert.SkipUnless(await made.ExitAsync(Cancelled) == 0, $"eng/photo could not make a photo: {made.Output}");
        return await File.ReadAllBytesAsync(path, Cancelled);
    }
}
