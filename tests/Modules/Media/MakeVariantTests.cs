using System.Collections.Concurrent;
using Monolith.Modules.Tests.Media.Imaging;

namespace Monolith.Modules.Tests.Media;

/// <summary>What becomes of variants when something happens in the meantime.</summary>
public sealed class MakeVariantTests : IDisposable
{
    private static readonly Dictionary<string, string?> WebOnly = new() { ["Roles"] = "web" };

    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Makes_each_variant_once_when_all_of_them_finish_at_the_same_moment()
    {
        var arrived = new ConcurrentBag<string>();
        var all = new TaskCompletionSource();
        await using var app = await MediaApp.StartAsync(_directory, blobs: inner => new MeddlingBlobs(inner, async key =>
        {
            if (!key.EndsWith("/original", StringComparison.Ordinal))
            {
                arrived.Add(key);
                if (arrived.Count == 3)
                {
                    all.SetResult();
                }

                await all.Task.WaitAsync(TimeSpan.FromSeconds(20));
            }
        }));
        using var ada = await Photographer.JoinAsync(app);

        var photo = await ada.GetFinishedAsync(await ada.UploadAsync(Pictures.Slopes(60, 40)));

        Assert.Equal("ready", (string?)photo["state"]);
        Assert.Equal(3, arrived.Count);
    }

    [Fact]
    public async Task Goes_on_after_a_restart()
    {
        await using (var app = await MediaApp.StartAsync(_directory, WebOnly))
        {
            using var ada = await Photographer.JoinAsync(app);
            await ada.UploadAsync(Pictures.Slopes(60, 40));
        }

        await using var next = await MediaApp.StartAsync(_directory);
        await Eventually.GetAsync(async () => await next.Blobs.ListAsync("photos/", CancellationToken.None).CountAsync(), count => count == 4);
    }

    [Fact]
    public async Task Says_why_a_variant_failed()
    {
        string session, photo;
        await using (var app = await MediaApp.StartAsync(_directory, new Dictionary<string, string?>(WebOnly) { ["Media:Presets:gone:Width"] = "10", ["Media:Presets:gone:Height"] = "10", ["Media:Presets:kept:Width"] = "10", ["Media:Presets:kept:Height"] = "10" }))
        {
            using var ada = await Photographer.JoinAsync(app);
            session = ada.Http.DefaultRequestHeaders.Authorization!.Parameter!;
            photo = await ada.UploadAsync(Pictures.Slopes(60, 40));
        }

        await using var next = await MediaApp.StartAsync(_directory, new Dictionary<string, string?> { ["Media:Presets:kept:Width"] = "10", ["Media:Presets:kept:Height"] = "10" });
        using var again = new Photographer(next, next.CreateClient());
        again.Http.DefaultRequestHeaders.Authorization = new("Bearer", session);
        var view = await again.GetFinishedAsync(photo);

        Assert.Equal("failed", (string?)view["state"]);
        Assert.Equal("ready", (string?)Photographer.Variant(view, "kept")["state"]);
        var failed = Photographer.Variant(view, "gone");
        Assert.Equal("failed", (string?)failed["state"]);
        Assert.Contains("not configured any more", (string?)failed["problem"], StringComparison.Ordinal);
        Assert.Null(failed["url"]);
    }

    [Fact]
    public async Task Leaves_nothing_of_a_photo_that_was_deleted_before_its_variants_were_begun()
    {
        await using (var app = await MediaApp.StartAsync(_directory, WebOnly))
        {
            using var ada = await Photographer.JoinAsync(app);
            (await ada.Http.DeleteAsync($"/v1/media/{await ada.UploadAsync(Pictures.Slopes(60, 40))}")).EnsureSuccessStatusCode();
        }

        await using var next = await MediaApp.StartAsync(_directory);
        await Eventually.GetAsync(async () => await next.Blobs.ListAsync("photos/", CancellationToken.None).CountAsync(), count => count == 0);
    }

    [Fact]
    public async Task Leaves_nothing_of_a_photo_that_was_deleted_while_its_variants_were_made()
    {
        Photographer? ada = null;
        var put = 0;
        await using var app = await MediaApp.StartAsync(_directory, blobs: inner => new MeddlingBlobs(inner, async key =>
        {
            if (!key.EndsWith("/original", StringComparison.Ordinal))
            {
                // Deleted, and the reaction to it is done, before the file of the variant is put.
                var photo = key.Split('/')[1];
                (await ada!.Http.DeleteAsync($"/v1/media/{photo}")).EnsureSuccessStatusCode();
                await Eventually.GetAsync(async () => await inner.OpenAsync($"photos/{photo}/original", CancellationToken.None), original =>
                {
                    original?.Dispose();
                    return original is null;
                });
                Interlocked.Increment(ref put);
            }
        }));
        ada = await Photographer.JoinAsync(app);

        await ada.UploadAsync(Pictures.Slopes(60, 40));

        await Eventually.BecomesAsync(() => put > 0);
        await Eventually.GetAsync(() => ada.BlobsOfAsync(), keys => keys.Count == 0);
        ada.Dispose();
    }
}
