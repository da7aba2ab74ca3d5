using System.Collections.Concurrent;

namespace Monolith.EndToEnd.Tests;

public sealed class BackupTests : IDisposable
{
    private readonly Verbs _from = new();
    private readonly Verbs _to = new();

    private string Backup => Path.Combine(_from.Folder, "backup");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    [Fact]
    public async Task Holds_everything_that_was_acknowledged_before_it_though_the_server_runs_and_is_busy()
    {
        using var host = await _from.StartAsync();
        await Verbs.RegisterAsync(host.Http, "ada@example.org");
        await Verbs.UploadAsync(host.Http, "ada@example.org");
        var acknowledged = new ConcurrentBag<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var load = Task.WhenAll(Enumerable.Range(0, 3).Select(i => RegisterAsync(host.Http, $"client{i}", acknowledged, enough.Token)));
        while (acknowledged.Count < 5)
        {
            await Task.Delay(20, Cancelled);
        }

        var before = acknowledged.ToList();
        var backup = await _from.RunAsync("backup", Backup);
        await enough.CancelAsync();
        await load;

        var restored = await _to.RunAsync("restore", Backup);
        var verified = await _to.RunAsync("verify");

        Assert.True(backup.Code == 0, backup.Output);
        Assert.True(restored.Code == 0, restored.Output);
        Assert.True(verified.Code == 0, verified.Output);
        Assert.Empty(before.Except(_to.Read("select substr(name, 6) from streams where name like 'user-%'")));
        Assert.NotEmpty(Blobs(_to));
        using var again = await _to.StartAsync();
        await Verbs.UploadAsync(again.Http, "ada@example.org");
    }

    [Fact]
    public async Task Is_refused_by_restore_when_a_byte_of_it_was_changed_or_it_is_not_complete()
    {
        await _from.LiveAsync();
        Assert.Equal(0, (await _from.RunAsync("backup", Backup)).Code);
        await using (var store = File.OpenWrite(Path.Combine(Backup, "store-0.db")))
        {
            store.Position = 5_000;
            store.WriteByte(0xFF);
        }

        var damaged = await _to.RunAsync("restore", Backup);
        File.Delete(Path.Combine(Backup, "manifest.json"));
        var incomplete = await _to.RunAsync("restore", Backup);

        Assert.Equal((1, 1), (damaged.Code, incomplete.Code));
        Assert.Contains("missing or changed: store-0.db", damaged.Output, StringComparison.Ordinal);
        Assert.Contains("no complete backup", incomplete.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_to.Folder, "data", "store.db")));
    }

    [Fact]
    public async Task Is_not_restored_over_what_is_there()
    {
        await _from.LiveAsync();
        Assert.Equal(0, (await _from.RunAsync("backup", Backup)).Code);
        var live = _from.Documents();
        Directory.CreateDirectory(Path.Combine(_to.Folder, "data", "blobs", "00"));
        await File.WriteAllTextAsync(Path.Combine(_to.Folder, "data", "blobs", "00", "other"), "", Cancelled);

        var ontoStore = await _from.RunAsync("restore", Backup);
        var ontoBlobs = await _to.RunAsync("restore", Backup);

        Assert.Equal((1, 1), (ontoStore.Code, ontoBlobs.Code));
        Assert.Contains("There is a store at sqlite:data/store.db already", ontoStore.Output, StringComparison.Ordinal);
        Assert.Contains("There are other blobs at file:data/blobs already", ontoBlobs.Output, StringComparison.Ordinal);
        Assert.Equal(live, _from.Documents());
    }

    [Fact]
    public async Task Goes_into_an_empty_directory_only()
    {
        await _from.LiveAsync();

        var (code, output) = await _from.RunAsync("backup", Path.Combine(_from.Folder, "data"));

        Assert.Equal(1, code);
        Assert.Contains("is not empty", output, StringComparison.Ordinal);
        Assert.NotEmpty(Blobs(_from));
    }

    private static async Task RegisterAsync(HttpClient http, string name, ConcurrentBag<string> acknowledged, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            acknowledged.Add(await Verbs.RegisterAsync(http, $"{name}-{i}@example.org"));
        }
    }

    private static string[] Blobs(Verbs verbs) => Directory.GetFiles(Path.Combine(verbs.Folder, "data", "blobs"), "*", SearchOption.AllDirectories);
}
