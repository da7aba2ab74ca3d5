using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Media;
using Monolith.Media.Contracts;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

/// <summary>What becomes of variants when something happens in the meantime.</summary>
[Trait("host", "own")]
public sealed class MakeVariantTests : IDisposable
{
    private const string WebOnly = "--Roles=web";

    private static readonly byte[] _image = Pictures.Slopes(60, 40);

    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Makes_each_variant_once_when_all_of_them_finish_at_the_same_moment()
    {
        await using var app = await MediaApp.StartAsync(_directory, WebOnly);
        var ada = await Photographer.JoinAsync(app);
        var photo = await ada.UploadAsync(_image);
        var put = new ConcurrentBag<string>();
        var all = new TaskCompletionSource();

        await Task.WhenAll(((string[])["thumb", "web", "blur"]).Select(preset => MakeAsync(app, photo, preset, async key =>
        {
            put.Add(key);
            if (put.Count == 3)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(TimeSpan.FromSeconds(30));
        })));

        Assert.Equal("ready", (string?)(await ada.GetAsync(photo))["state"]);
        Assert.Equal(3, put.Count);
    }

    [Fact]
    public async Task Does_not_make_again_what_is_ready()
    {
        await using var app = await MediaApp.StartAsync(_directory, WebOnly);
        var ada = await Photographer.JoinAsync(app);
        var photo = await ada.UploadAsync(_image);
        await MakeAsync(app, photo, "thumb", _ => Task.CompletedTask);

        await MakeAsync(app, photo, "thumb", _ => throw new InvalidOperationException("It was made again."));
    }

    [Fact]
    public async Task Leaves_nothing_of_a_photo_that_is_deleted_while_a_variant_is_made()
    {
        await using var app = await MediaApp.StartAsync(_directory, WebOnly);
        var ada = await Photographer.JoinAsync(app);
        var photo = await ada.UploadAsync(_image);

        await MakeAsync(app, photo, "thumb", _ => ada.Http.DeleteAsync($"/v1/media/{photo}"));

        Assert.Equal([$"photos/{photo}/original"], await ada.BlobsOfAsync());
    }

    [Fact]
    public async Task Leaves_nothing_of_a_photo_that_was_deleted_before_its_variants_were_begun()
    {
        await using (var app = await MediaApp.StartAsync(_directory, WebOnly))
        {
            var ada = await Photographer.JoinAsync(app);
            (await ada.Http.DeleteAsync($"/v1/media/{await ada.UploadAsync(_image)}")).EnsureSuccessStatusCode();
        }

        await using var next = await MediaApp.StartAsync(_directory);
        await new Photographer(next, next.CreateClient()).BlobsBecomeAsync(0);
    }

    [Fact]
    public async Task Goes_on_after_a_restart()
    {
        await using (var app = await MediaApp.StartAsync(_directory, WebOnly))
        {
            await (await Photographer.JoinAsync(app)).UploadAsync(_image);
        }

        await using var next = await MediaApp.StartAsync(_directory);
        await new Photographer(next, next.CreateClient()).BlobsBecomeAsync(4);
    }

    [Fact]
    public async Task Says_why_a_variant_failed()
    {
        string photo;
        Member ada;
        await using (
            var app = await MediaApp.StartAsync(_directory, WebOnly, "--Media:Presets:gone:Width=10", "--Media:Presets:gone:Height=10"))
        {
            ada = await Member.JoinAsync(app);
            photo = await new Photographer(app, ada.Http).UploadAsync(_image);
        }

        await using var next = await MediaApp.StartAsync(_directory);
        var again = new Photographer(next, next.CreateClient());
        again.Http.DefaultRequestHeaders.Authorization = ada.Http.DefaultRequestHeaders.Authorization;
        var view = await again.GetFinishedAsync(photo);

        Assert.Equal("failed", (string?)view["state"]);
        Assert.Equal("ready", (string?)Photographer.Variant(view, "thumb")["state"]);
        var failed = Photographer.Variant(view, "gone");
        Assert.Equal("failed", (string?)failed["state"]);
        Assert.Contains("not configured any more", (string?)failed["problem"], StringComparison.Ordinal);
        Assert.Null(failed["url"]);
    }

    private static async Task MakeAsync(App app, string photo, string preset, Func<string, Task> beforePut)
    {
        await using var scope = app.Services.CreateAsyncScope();
        var blobs = new MeddlingBlobs(app.Services.GetRequiredService<IBlobStore>(), beforePut);
        var handler = ActivatorUtilities.CreateInstance<MakeVariantHandler>(scope.ServiceProvider, blobs);
        Assert.True(Id.TryParse<PhotoId>(photo, out var id));
        var result = await handler.Handle(new MakeVariant(id, preset), TestContext.Current.CancellationToken);
        Assert.True(result.TryGet(out _, out _));
    }
}
