using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Monolith.Adapters.Embedded;

namespace Monolith.EndToEnd.Tests;

/// <summary>The blobs of a deployment are moved to another place while it is used.</summary>
public sealed class MoveBlobsTests : IDisposable
{
    private const string There = "file:data/there";

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Holds_in_the_new_place_what_was_there_and_what_came_and_went_meanwhile_wherever_it_was_killed()
    {
        await _verbs.LiveAsync();
        for (var round = 0; round < 2; round++)
        {
            using var killed = await HostProcess.StartAsync(_verbs.Folder, ["move", There], Cancelled);
            await Verbs.UploadAsync(killed.Http, "ada@example.org");
            killed.Kill();
            await killed.ExitAsync(Cancelled);
        }

        // What is left over from a move that broke off and was deleted meanwhile must not live on there.
        await new FileBlobStore(Path.Combine(_verbs.Folder, "data", "there")).PutAsync("photos/gone", new MemoryStream([1]), Cancelled);
        using (var host = await HostProcess.StartAsync(_verbs.Folder, ["move", There], Cancelled))
        {
            await SaysAsync(host, "blobs are in");
            var (http, photo) = await VisitAsync(host);
            using (http)
            {
                await PhotoVisit.FinishedAsync(http, photo);
                using var deleted = await http.DeleteAsync(photo, Cancelled);
                deleted.EnsureSuccessStatusCode();
                await Verbs.UploadAsync(host.Http, "ada@example.org");
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
            Assert.Contains("The move is complete.", host.Output, StringComparison.Ordinal);
        }

        Assert.Equal(Sums("blobs"), Sums("there"));
        await IsWholeAsync($"--Adapters:Blobs={There}");
    }

    [Fact]
    public async Task Says_in_one_line_why_it_cannot_begin()
    {
        await IsRefusedAsync("the place where the blobs are already", "file:data/blobs");
        await IsRefusedAsync("Blobs have no shards", There, "main");
        await IsRefusedAsync("\"size\"", "file:data/there?size=1");
        await IsRefusedAsync("names no bucket", "s3://");
    }

    [Fact]
    public async Task Moves_to_an_object_store_and_back_and_hands_out_addresses_there_to_the_owner_alone()
    {
        Assert.SkipWhen(CephTestServer.Missing is not null, CephTestServer.Missing ?? "");
        await _verbs.LiveAsync();
        await using var server = await CephTestServer.StartAsync();
        var bucket = server.Url(await server.CreateBucketAsync());
        await IsRefusedInOneLineAsync(server.Url("no-such-bucket"), "does not exist");
        using (var host = await HostProcess.StartAsync(_verbs.Folder, ["move", bucket], Cancelled))
        {
            await SaysAsync(host, "blobs are in");
            Assert.Equal(0, await host.StopAsync(Cancelled));
            Assert.DoesNotContain(CephTestServer.Secret, host.Output, StringComparison.Ordinal);
        }

        await IsWholeAsync($"--Adapters:Blobs={bucket}");
        using (var host = await HostProcess.StartAsync(_verbs.Folder, [$"--Adapters:Blobs={bucket}&links=2m"], Cancelled))
        {
            await IsHandedOutAsync(host);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        using (var host = await HostProcess.StartAsync(_verbs.Folder, ["move", There, $"--Adapters:Blobs={bucket}"], Cancelled))
        {
            await SaysAsync(host, "blobs are in");
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        await IsWholeAsync($"--Adapters:Blobs={There}");
    }

    private static async Task IsHandedOutAsync(HostProcess host)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        var (http, photo) = await VisitAsync(host, handler);
        using var plain = new HttpClient();
        using var redirect = await http.GetAsync($"{photo}/content", Cancelled);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{photo}/content"), Cancelled);
        using var stranger = new HttpRequestMessage(HttpMethod.Get, $"{photo}/content");
        stranger.Headers.Authorization = (
            await VisitAsync(host, new HttpClientHandler(), "grace@example.org")).Http.DefaultRequestHeaders.Authorization;
        using var refused = await http.SendAsync(stranger, Cancelled);
        var link = redirect.Headers.Location!; // asserted below, with the status
        using var image = await plain.GetAsync(link, Cancelled);
        using var forged = await plain.GetAsync($"{link}".Replace("photos/", "photos/x", StringComparison.Ordinal), Cancelled);

        Assert.Equal((HttpStatusCode.TemporaryRedirect, "no-store"), (redirect.StatusCode, $"{redirect.Headers.CacheControl}"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (head.StatusCode, refused.StatusCode));
        Assert.Equal((HttpStatusCode.OK, "image/png"), (image.StatusCode, image.Content.Headers.ContentType?.MediaType));
        Assert.Equal(Convert.FromBase64String(Verbs.Png), await image.Content.ReadAsByteArrayAsync(Cancelled));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        http.Dispose();
    }

    // Logs in and uploads a photo; a client with the session, and the address of the photo.
    private static async Task<(HttpClient Http, string Photo)> VisitAsync(
        HostProcess host, HttpClientHandler? handler = null, string email = "ada@example.org")
    {
        var http = new HttpClient(handler ?? new HttpClientHandler()) { BaseAddress = host.Address };
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
        var token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var uploaded = await http.PostAsync("/v1/media", new ByteArrayContent(Convert.FromBase64String(Verbs.Png)), Cancelled);
        uploaded.EnsureSuccessStatusCode();
        return (http, $"{uploaded.Headers.Location}");
    }

    private static async Task SaysAsync(HostProcess host, string what)
    {
        for (var tries = 0; !host.Output.Contains(what, StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 600, host.Output);
            await Task.Delay(50, Cancelled);
        }
    }

    private async Task IsWholeAsync(string setting)
    {
        var (code, output) = await _verbs.RunAsync("verify", setting);
        Assert.True(code == 0, output);
        Assert.StartsWith("0 findings", Verbs.LastLine(output), StringComparison.Ordinal);
    }

    private async Task IsRefusedAsync(string reason, params string[] operands)
    {
        var (code, output) = await _verbs.RunAsync(["move", .. operands]);
        Assert.NotEqual(0, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    // The server too, and before anything of it runs: what begins and is ended again at once would fill the log with what is not the
    // reason.
    private async Task IsRefusedInOneLineAsync(string bucket, string reason)
    {
        await IsRefusedAsync(reason, bucket);
        using var host = HostProcess.Launch(_verbs.Folder, [$"--Adapters:Blobs={bucket}", "--Logging:LogLevel:Default=Warning"]);
        Assert.Equal(78, await host.ExitAsync(Cancelled));
        Assert.Contains(reason, Assert.Single(host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private List<string> Sums(string folder)
    {
        var root = Path.Combine(_verbs.Folder, "data", folder);
        return
        [
            .. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => $"{Path.GetRelativePath(root, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"),
        ];
    }
}
