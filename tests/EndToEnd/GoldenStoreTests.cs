using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>
/// A data directory of every released format, as a former version left it: <c>Golden/format-N.tar.gz</c>. This version must go on with
/// it. A file that was released is never changed; what it holds is said in <c>docs/howto/change-an-event.md</c>.
/// </summary>
public sealed class GoldenStoreTests : IDisposable
{
    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Formats => [.. Directory.GetFiles(Folder, "*.tar.gz").Select(f => Path.GetFileName(f)!).Order()];

    private static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "Golden");

    public void Dispose() => _verbs.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Is_served_and_written_on_and_stands_the_audit(string format)
    {
        await ExtractAsync(format);
        using (var host = await _verbs.StartAsync())
        {
            await ServeAsync(host.Http);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        var rebuilt = await _verbs.RunAsync("rebuild");
        var verified = await _verbs.RunAsync("verify");

        Assert.Equal((0, 0), (rebuilt.Code, verified.Code));
    }

    private static async Task ServeAsync(HttpClient http)
    {
        http.DefaultRequestHeaders.Authorization = new("Bearer", await LogInAsync(http, "ada@example.org", "another horse battery"));
        var me = await JsonAsync(http, "/v1/users/me");
        Assert.Equal(("Augusta Ada", "Lovelace", "London"), ((string)me["firstName"]!, (string)me["lastName"]!, (string)me["address"]!["city"]!));
        Assert.NotEmpty((await JsonAsync(http, "/v1/admin/jobs"))["items"]!.AsArray()); // she was made an administrator

        var photo = Assert.Single((await JsonAsync(http, "/v1/media"))["items"]!.AsArray())!;
        Assert.Equal(3, photo["variants"]!.AsArray().Count);
        foreach (var variant in photo["variants"]!.AsArray())
        {
            using var image = await http.GetAsync((string)variant!["url"]!, Cancelled);
            Assert.Equal(HttpStatusCode.OK, image.StatusCode);
        }

        await Verbs.RegisterAsync(http, "mary@example.org");
        using var taken = await http.PostAsJsonAsync(
            "/v1/users", new { email = "Grace@example.org", password = "correct horse battery", firstName = "Grace", lastName = "Hopper" }, Cancelled);
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
    }

    private static async Task<string> LogInAsync(HttpClient http, string email, string password)
    {
        using var session = await http.PostAsJsonAsync("/v1/sessions", new { email, password }, Cancelled);
        session.EnsureSuccessStatusCode();
        return (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
    }

    private static async Task<JsonObject> JsonAsync(HttpClient http, string path) => (await http.GetFromJsonAsync<JsonObject>(path, Cancelled))!;

    private async Task ExtractAsync(string format)
    {
        await using var file = File.OpenRead(Path.Combine(Folder, format));
        await using var tar = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, _verbs.Folder, overwriteFiles: false, Cancelled);
    }
}
