using Microsoft.AspNetCore.Http;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

/// <summary>What becomes of the copies at the edge. The edge is a real server, told by its API.</summary>
[Trait("host", "own")]
public sealed class PurgeEdgeTests(PurgedApp purged) : IClassFixture<PurgedApp>, IDisposable
{
    private readonly MediaApp _app = purged.App;
    private readonly TestCdn _cdn = purged.Cdn;

    public void Dispose() => _cdn.Instead = null;

    [Fact]
    public async Task Purges_a_deleted_photo_after_its_files_are_gone_and_once_more_later()
    {
        var ada = await Photographer.JoinAsync(_app);
        var photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        await ada.GetFinishedAsync(photo);
        var left = -1;
        _cdn.Instead = async context =>
        {
            left = context.Request.Path == "/purge" ? (await ada.BlobsOfAsync(photo)).Count : left;
            await context.Response.WriteAsync("ok");
        };

        Assert.Equal(HttpStatusCode.NoContent, (await ada.Http.DeleteAsync($"/v1/media/{photo}")).StatusCode);

        await PurgedAsync(photo, 2);
        Assert.Equal(0, left);
    }

    [Fact]
    public async Task Deletes_the_files_at_once_while_the_edge_is_unavailable_and_purges_when_it_is_back()
    {
        var ada = await Photographer.JoinAsync(_app);
        var photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        await ada.GetFinishedAsync(photo);
        _cdn.Instead = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };

        Assert.Equal(HttpStatusCode.NoContent, (await ada.Http.DeleteAsync($"/v1/media/{photo}")).StatusCode);
        await ada.BlobsBecomeAsync(0, photo);
        await PurgedAsync(photo, 2); // Refused, and asked again.
        _cdn.Keep("/m/1", [$"photo-{photo}"]);
        Assert.True(_cdn.Has("/m/1"));
        _cdn.Instead = null;

        await Eventually.FindAsync(() => Task.FromResult(_cdn.Has("/m/1") ? null : "gone"), "the copy is gone");
    }

    [Fact]
    public async Task Purges_the_photos_of_a_user_who_is_erased()
    {
        var member = await Member.JoinAsync(_app);
        var ada = new Photographer(_app, member.Http);
        var photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        await ada.GetFinishedAsync(photo);

        using var erasure = new HttpRequestMessage(HttpMethod.Delete, "/v1/users/me")
        {
            Content = JsonContent.Create(new { currentPassword = Member.Password }),
        };
        erasure.Headers.TryAddWithoutValidation("If-Match", "*");
        using var erased = await ada.Http.SendAsync(erasure);
        Assert.True(erased.IsSuccessStatusCode, await erased.Content.ReadAsStringAsync());

        await PurgedAsync(photo, 2);
    }

    [Fact]
    public async Task Gives_addresses_at_the_edge_while_it_is_there_and_others_when_it_is_lost_though_the_photo_is_the_same()
    {
        var ada = await Photographer.JoinAsync(_app);
        var photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        await ada.GetFinishedAsync(photo);
        await BecomesAsync(ada, photo, $"http://127.0.0.1:{_cdn.Port}/m/");
        using var before = await ada.Http.GetAsync($"/v1/media/{photo}");
        Assert.Contains(
            $"img-src 'self' data: http://127.0.0.1:{_cdn.Port};", string.Concat(before.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal);

        await _cdn.StopAsync();
        await BecomesAsync(ada, photo, "/m/");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/media/{photo}");
        request.Headers.IfNoneMatch.Add(before.Headers.ETag!); // It has one.
        using var after = await ada.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        await _cdn.ResumeAsync();
    }

    private async Task PurgedAsync(string photo, int count) => await Eventually.FindAsync(
        () =>
            Task.FromResult(
                _cdn.Calls.Count(c => c.Path == "/purge" && c.Headers["Surrogate-Key"].Split(' ').Contains($"photo-{photo}")) >= count
                    ? "purged"
                    : null),
        $"{count} purges");

    private static async Task BecomesAsync(Photographer ada, string photo, string beginning) => await Eventually.FindAsync(
        async () =>
            (string?)Photographer.Variant(await ada.GetAsync(photo), "thumb")["url"] is { } url
                && url.StartsWith(beginning, StringComparison.Ordinal)
                ? url
                : null,
        $"addresses begin with {beginning}");
}

/// <summary>A host and its edge.</summary>
public sealed class PurgedApp : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    internal TestCdn Cdn { get; private set; } = null!; // Made before every test.

    internal MediaApp App { get; private set; } = null!; // As above.

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        Cdn = await TestCdn.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory, "token"), Cdn.Token);
        var edge = $"purge+http://127.0.0.1:{Cdn.Port}/purge?header=Surrogate-Key&password-file={_directory}/token&again=200ms";
        App = await MediaApp.StartAsync(
            _directory,
            $"--Adapters:Edge={edge}&url=http://127.0.0.1:{Cdn.Port}&interval=100ms&timeout=1s",
            "--Logging:LogLevel:Monolith.Jobs=None", // The edge is unavailable on purpose.
            "--Logging:LogLevel:Monolith.Adapters.Edge=None");
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await ((IAsyncDisposable)App).DisposeAsync();
        await Cdn.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
