using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>What happens in the data directory of a golden store: a little of everything that is stored.</summary>
internal static class GoldenLife
{
    private const string Password = "correct horse battery";
    private const string NewPassword = "another horse battery";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Ada becomes an administrator and keeps a photo, Grace deletes hers, a third person is erased.</summary>
    public static async Task LiveAsync(HostProcess host)
    {
        using var ada = await JoinAsync(host, "ada@example.org", "Ada", "Lovelace");
        await UploadAsync(ada);
        await SendAsync(ada, HttpMethod.Post, "/v1/admin/invitation", new { token = await InvitationAsync(host) });
        var address = new { streetAddress = "12 St James Square", city = "London", state = "", postalCode = "SW1Y" };
        var details = new { firstName = "Augusta Ada", address };
        await SendAsync(ada, HttpMethod.Patch, "/v1/users/me", details, ("If-Match", "*"), ("Idempotency-Key", "rename"));
        await SendAsync(ada, HttpMethod.Post, "/v1/users/me/password", new { currentPassword = Password, newPassword = NewPassword });

        using var grace = await JoinAsync(host, "grace@example.org", "Grace", "Hopper");
        await SendAsync(grace, HttpMethod.Delete, await UploadAsync(grace));
        await SendAsync(grace, HttpMethod.Delete, "/v1/sessions/current");

        using var gone = await JoinAsync(host, "gone@example.org", "Gone", "Soon");
        await SendAsync(gone, HttpMethod.Delete, "/v1/users/me", new { currentPassword = Password });
    }

    /// <summary>What must be there of it, in whichever version.</summary>
    public static async Task IsThereAsync(HttpClient http)
    {
        http.DefaultRequestHeaders.Authorization = new("Bearer", await LogInAsync(http, "ada@example.org", NewPassword));
        var me = await JsonAsync(http, "/v1/users/me");
        Assert.Equal(("Augusta Ada", "Lovelace"), ((string)me["firstName"]!, (string)me["lastName"]!));
        Assert.Equal("London", (string)me["address"]!["city"]!);
        Assert.NotEmpty((await JsonAsync(http, "/v1/admin/jobs"))["items"]!.AsArray()); // she was made an administrator

        var photo = Assert.Single((await JsonAsync(http, "/v1/media"))["items"]!.AsArray())!;
        Assert.Equal(3, photo["variants"]!.AsArray().Count);
        foreach (var variant in photo["variants"]!.AsArray())
        {
            using var image = await http.GetAsync((string)variant!["url"]!, Cancelled);
            Assert.Equal(HttpStatusCode.OK, image.StatusCode);
        }

        await Verbs.RegisterAsync(http, "gone@example.org"); // given free by the erasure
        using var taken = await http.PostAsJsonAsync(
            "/v1/users", new { email = "Grace@example.org", password = Password, firstName = "Grace", lastName = "Hopper" }, Cancelled);
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
    }

    private static async Task<HttpClient> JoinAsync(HostProcess host, string email, string firstName, string lastName)
    {
        var http = new HttpClient { BaseAddress = host.Address };
        await SendAsync(http, HttpMethod.Post, "/v1/users", new { email, password = Password, firstName, lastName });
        http.DefaultRequestHeaders.Authorization = new("Bearer", await LogInAsync(http, email, Password));
        return http;
    }

    private static async Task<string> LogInAsync(HttpClient http, string email, string password)
    {
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password }, Cancelled);
        session.EnsureSuccessStatusCode();
        return (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
    }

    // Until every variant is made.
    private static async Task<string> UploadAsync(HttpClient http)
    {
        using var content = new ByteArrayContent(Convert.FromBase64String(Verbs.Png));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var uploaded = await http.PostAsync("/v1/media", content, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, uploaded.StatusCode);
        var photo = uploaded.Headers.Location!.ToString();
        var view = await PhotoVisit.FinishedAsync(http, photo);
        Assert.Equal("ready", (string?)view["state"]);
        return photo;
    }

    // The host prints the one-time link a moment after it is ready.
    private static async Task<string> InvitationAsync(HostProcess host)
    {
        while (!host.Output.Contains("token=", StringComparison.Ordinal))
        {
            await Task.Delay(50, Cancelled);
        }

        return host.Output.Split("token=")[1].Split('\n')[0].Trim();
    }

    private static async Task SendAsync(
        HttpClient http, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        headers.ToList().ForEach(h => request.Headers.TryAddWithoutValidation(h.Name, h.Value));
        using var answer = await http.SendAsync(request, Cancelled);
        var said = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode} {said}");
    }

    private static async Task<JsonObject> JsonAsync(HttpClient http, string path) =>
        (await http.GetFromJsonAsync<JsonObject>(path, Cancelled))!;
}
