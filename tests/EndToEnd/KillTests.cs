using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

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
        var photo = await PhotoVisit.PhotoAsync();
        string token, location;
        using (var host = await HostProcess.StartAsync(_folder, [], Cancelled))
        {
            token = await PhotoVisit.SignInAsync(host.Http);
            host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var acknowledged = await host.Http.PostAsync("/v1/media", new ByteArrayContent(photo), Cancelled);
            Assert.Equal(HttpStatusCode.Accepted, acknowledged.StatusCode);
            location = acknowledged.Headers.Location!.ToString();
            host.Kill();
            await host.ExitAsync(Cancelled);
        }

        using var again = await HostProcess.StartAsync(_folder, [], Cancelled);
        again.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var view = await PhotoVisit.FinishedAsync(again.Http, location);

        Assert.Equal("ready", (string?)view["state"]);
        Assert.All(view["variants"]!.AsArray(), v => Assert.Equal("ready", (string?)v!["state"]));
        var jobs = await PhotoVisit.FinishedJobsAsync(again.Output, again.Http);
        Assert.Equal(3, jobs);
        Assert.Single((await again.Http.GetFromJsonAsync<JsonObject>("/v1/media", Cancelled))!["items"]!.AsArray());
        // The original and three variants: a variant that was made twice has the same content and so the same name.
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_folder, "data", "blobs"), "*", SearchOption.AllDirectories).Length);
    }
}
