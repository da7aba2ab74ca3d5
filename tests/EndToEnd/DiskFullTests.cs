using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

public sealed class DiskFullTests : IDisposable
{
    private const int Reserve = 4 << 20;

    private static readonly string[] _settings =
        ["Adapters:Store=sqlite:data/store.db?reserve=4MB", "Adapters:Blobs=file:data/blobs?reserve=4MB"];

    private readonly Verbs _verbs = new();
    private readonly SmallDisk _disk;

    public DiskFullTests() => _disk = SmallDisk.Mount(Path.Combine(_verbs.Folder, "data"), 48);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _disk.Dispose();
        _verbs.Dispose();
    }

    [Theory]
    [InlineData(Reserve / 2)]
    [InlineData(0)]
    public async Task Refuses_to_write_reads_on_and_recovers_by_itself(long left)
    {
        using var host = await HostProcess.StartAsync(_verbs.Folder, _settings, Cancelled);
        await Verbs.RegisterAsync(host.Http, "ada@example.org");
        await Verbs.UploadAsync(host.Http, "ada@example.org");
        using var ada = await LogInAsync(host, "ada@example.org");

        _disk.FillUpTo(left);
        using var written = await ada.PostAsJsonAsync("/v1/users", Person("grace@example.org"), Cancelled);
        using var uploaded = await ada.PostAsync("/v1/media", Picture(), Cancelled);

        Assert.Equal(("disk-low", "disk-low"), (await CodeAsync(written), await CodeAsync(uploaded)));
        Assert.Equal((507, 507), ((int)written.StatusCode, (int)uploaded.StatusCode));
        using var read = await ada.GetAsync("/v1/users/me", Cancelled);
        using var ready = await host.Http.GetAsync("/health/ready", Cancelled);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (read.StatusCode, ready.StatusCode));
        Assert.Equal("Degraded", (string?)(await ready.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["checks"]!["disks"]);
        Assert.Empty(Directory.GetFiles(Path.Combine(_verbs.Folder, "data", "blobs", ".partial")));

        _disk.MakeRoom();
        Assert.NotEmpty(await Verbs.RegisterAsync(host.Http, "grace@example.org"));
        await Verbs.UploadAsync(host.Http, "ada@example.org");
        Assert.Equal(0, await host.StopAsync(Cancelled));
        Assert.Equal(0, (await _verbs.RunAsync(["verify", .. _settings])).Code);
    }

    [Fact]
    public async Task Starts_and_reads_when_there_is_no_room_to_write()
    {
        using (var host = await HostProcess.StartAsync(_verbs.Folder, _settings, Cancelled))
        {
            await Verbs.RegisterAsync(host.Http, "ada@example.org");
            await Verbs.UploadAsync(host.Http, "ada@example.org");
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        _disk.FillUpTo(Reserve / 2);
        using var again = await HostProcess.StartAsync(_verbs.Folder, _settings, Cancelled);
        using var refused = await again.Http.PostAsJsonAsync("/v1/users", Person("grace@example.org"), Cancelled);

        Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
        _disk.MakeRoom();
        Assert.NotEmpty(await Verbs.RegisterAsync(again.Http, "grace@example.org"));
    }

    [Fact]
    public async Task Does_not_begin_on_a_disk_without_room_and_says_so_in_one_line()
    {
        _disk.FillUpTo(Reserve / 2);
        using var host = HostProcess.Launch(_verbs.Folder, [.. _settings, "--Logging:LogLevel:Default=None"]);

        Assert.Equal(1, await host.ExitAsync(Cancelled));
        Assert.Contains(
            "has less than 4 MB left", Assert.Single(host.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    private static object Person(string email) =>
        new { email, password = "correct horse battery", firstName = "Grace", lastName = "Hopper" };

    private static ByteArrayContent Picture() => new(Convert.FromBase64String(Verbs.Png));

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["code"];

    private static async Task<HttpClient> LogInAsync(HostProcess host, string email)
    {
        using var session = await host.Http.PostAsJsonAsync("/v1/sessions", new { email, password = "correct horse battery" }, Cancelled);
        var http = new HttpClient { BaseAddress = host.Address };
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!);
        return http;
    }
}
