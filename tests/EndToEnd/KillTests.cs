using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Monolith.Architecture.Tests;

namespace Monolith.EndToEnd.Tests;

/// <summary>What was acknowledged is there after <c>kill -9</c>, once.</summary>
public sealed class KillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Makes_the_variants_of_an_acknowledged_photo_once_though_it_was_killed_right_after()
    {
        var photo = await PhotoAsync();
        string token, location;
        using (var host = await HostProcess.StartAsync(_folder, [], Cancelled))
        {
            token = await SignInAsync(host.Http);
            host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var acknowledged = await host.Http.PostAsync("/v1/media", new ByteArrayContent(photo), Cancelled);
            Assert.Equal(HttpStatusCode.Accepted, acknowledged.StatusCode);
            location = acknowledged.Headers.Location!.ToString();
            host.Kill();
            await host.ExitAsync(Cancelled);
        }

        using var again = await HostProcess.StartAsync(_folder, [], Cancelled);
        again.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var view = await FinishedAsync(again.Http, location);

        Assert.Equal("ready", (string?)view["state"]);
        Assert.All(view["variants"]!.AsArray(), v => Assert.Equal("ready", (string?)v!["state"]));
        var jobs = await FinishedJobsAsync(again);
        Assert.Equal(3, jobs);
        Assert.Single((await again.Http.GetFromJsonAsync<JsonObject>("/v1/media", Cancelled))!["items"]!.AsArray());
        // The original and three variants: a variant that was made twice has the same content and so the same name.
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_folder, "data", "blobs"), "*", SearchOption.AllDirectories).Length);
    }

    private static async Task<string> SignInAsync(HttpClient http)
    {
        const string Password = "correct horse battery";
        using var registered = await http.PostAsJsonAsync(
            "/v1/users", new { email = "ada@example.org", password = Password, firstName = "Ada", lastName = "Lovelace" }, Cancelled);
        registered.EnsureSuccessStatusCode();
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email = "ada@example.org", password = Password }, Cancelled);
        return (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
    }

    private static async Task<JsonObject> FinishedAsync(HttpClient http, string location)
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
    private static async Task<int> FinishedJobsAsync(HostProcess host)
    {
        var link = host.Output.Split("token=")[1].Split('\n')[0].Trim();
        using var accepted = await host.Http.PostAsJsonAsync("/v1/admin/invitation", new { token = link }, Cancelled);
        accepted.EnsureSuccessStatusCode();
        var jobs = await host.Http.GetFromJsonAsync<JsonObject>("/v1/admin/jobs?state=succeeded", Cancelled);
        return jobs!["items"]!.AsArray().Count;
    }

    private static async Task<byte[]> PhotoAsync()
    {
        var path = Path.Combine(Repository.Root, "artifacts", "kill.jpg");
        using var made = new CapturedProcess(new System.Diagnostics.ProcessStartInfo(Path.Combine(Repository.Root, "eng", "photo"), [path]));
        Assert.SkipUnless(await made.ExitAsync(Cancelled) == 0, $"eng/photo could not make a photo: {made.Output}");
        return await File.ReadAllBytesAsync(path, Cancelled);
    }
}
