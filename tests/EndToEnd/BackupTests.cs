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
        var run = Assert.Single(Directory.GetDirectories(Backup, "*Z"));
        await using (var store = File.OpenWrite(Path.Combine(run, "store-0.pack")))
        {
            store.Position = 5_000;
            store.WriteByte(0xFF);
        }

        var damaged = await _to.RunAsync("restore", Backup);
        File.Delete(Path.Combine(run, "manifest.json"));
        var incomplete = await _to.RunAsync("restore", Backup);

        Assert.Equal((1, 1), (damaged.Code, incomplete.Code));
        Assert.Contains($"missing or changed: {Path.GetFileName(run)}/store-0.pack", damaged.Output, StringComparison.Ordinal);
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

    [Fact]
    public async Task Copies_what_is_new_only_when_it_is_made_again_and_each_run_can_be_restored()
    {
        await _from.LiveAsync();
        using (var host = await _from.StartAsync())
        {
            while (_from.Read("select 1 from events where type = (select id from types where name = 'media.variant-made.v1')").Count < 3)
            {
                await Task.Delay(50, Cancelled);
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        // Much that stays as it is.
        _from.Execute("""
            with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
            insert into documents (kind, id, version, body) select 'zzz.large.v1', i, 1, randomblob(4000) from n
            """);
        var first = await _from.RunAsync("backup", Backup);
        var blobs = Directory.GetFiles(Path.Combine(Backup, "blobs"), "*", SearchOption.AllDirectories).Length;
        using (var host = await _from.StartAsync())
        {
            await Verbs.RegisterAsync(host.Http, "eve@example.org");
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        var second = await _from.RunAsync("backup", Backup);
        var verified = await _from.RunAsync("verify", Backup);
        var runs = Directory.GetDirectories(Backup, "*Z").Order(StringComparer.Ordinal).ToList();
        var restored = await _to.RunAsync("restore", runs[0]);
        var users = _to.Read("select name from streams where name like 'user-%'").Count;
        Directory.Delete(Path.Combine(_to.Folder, "data"), recursive: true);
        var latest = await _to.RunAsync("restore", Backup);

        Assert.Equal((0, 0, 0, 0, 0), (first.Code, second.Code, verified.Code, restored.Code, latest.Code));
        Assert.Equal((2, 2, 3), (runs.Count, users, _to.Read("select name from streams where name like 'user-%'").Count));
        Assert.EndsWith(" and 0 blobs", second.Output.Trim(), StringComparison.Ordinal);
        Assert.Equal(blobs, Directory.GetFiles(Path.Combine(Backup, "blobs"), "*", SearchOption.AllDirectories).Length);
        Assert.True(PackOf(runs[1]) < PackOf(runs[0]) / 3, $"{PackOf(runs[1])} of {PackOf(runs[0])} bytes");
        Assert.Equal(_from.Documents(), _to.Documents());

        static long PackOf(string run) => new FileInfo(Path.Combine(run, "store-0.pack")).Length;
    }

    [Fact]
    public async Task Is_sealed_when_there_is_a_key_and_another_key_does_not_open_it()
    {
        await _from.LiveAsync();
        var key = Path.Combine(_from.Folder, "key");
        await File.WriteAllTextAsync(key, "a key of more than twelve letters\n", Cancelled);
        await File.WriteAllTextAsync($"{key}2", "another key of as many letters\n", Cancelled);

        var made = await _from.RunAsync("backup", Backup, $"Backup:KeyFile={key}");
        var again = await _from.RunAsync("backup", Backup, $"Backup:KeyFile={key}");
        var without = await _to.RunAsync("restore", Backup);
        var wrong = await _to.RunAsync("restore", Backup, $"Backup:KeyFile={key}2");
        var verified = await _to.RunAsync("verify", Backup, $"Backup:KeyFile={key}");
        var restored = await _to.RunAsync("restore", Backup, $"Backup:KeyFile={key}");

        Assert.Equal((0, 0, 1, 1, 0, 0), (made.Code, again.Code, without.Code, wrong.Code, verified.Code, restored.Code));
        Assert.Contains("is sealed; give the key", without.Output, StringComparison.Ordinal);
        Assert.Equal("This backup was sealed with another key.", Verbs.LastLine(wrong.Output));
        Assert.StartsWith("0 findings", Verbs.LastLine(verified.Output), StringComparison.Ordinal);
        Assert.Equal(_from.Documents(), _to.Documents());
        Assert.Equal(0, (await _to.RunAsync("verify")).Code);
        foreach (var file in Directory.GetFiles(Backup, "*", SearchOption.AllDirectories))
        {
            Assert.False((await File.ReadAllBytesAsync(file, Cancelled)).AsSpan().IndexOf("Lovelace"u8) >= 0, file);
            Assert.False((await File.ReadAllBytesAsync(file, Cancelled)).AsSpan().IndexOf("IHDR"u8) >= 0, file);
        }
    }

    [Fact]
    public async Task Is_put_back_to_an_earlier_time_with_the_jobs_that_were_waiting_then()
    {
        string time;
        using (var host = await _from.StartAsync())
        {
            await Verbs.RegisterAsync(host.Http, "ada@example.org");
            await Verbs.UploadAsync(host.Http, "ada@example.org");
            Assert.Equal(0, await host.StopAsync(Cancelled));
            time = DateTimeOffset.FromUnixTimeMilliseconds(
                long.Parse(
                    _from.Read("select cast(max(at) as text) from events")[0],
                    System.Globalization.CultureInfo.InvariantCulture)).ToString("O");
        }

        var waiting = _from.Read("select cast(count(*) as text) from messages")[0];
        using (var host = await _from.StartAsync())
        {
            await Verbs.RegisterAsync(host.Http, "eve@example.org");
            while (_from.Read("select 1 from events where type = (select id from types where name = 'media.variant-made.v1')").Count < 3)
            {
                await Task.Delay(50, Cancelled);
            }

            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        var made = await _from.RunAsync("backup", Backup);
        var late = await _to.RunAsync("restore", Backup, "--to", "2999-01-01");
        var wrong = await _to.RunAsync("restore", Backup, "--to", "yesterday");
        var restored = await _to.RunAsync("restore", Backup, "--to", time);
        var verified = await _to.RunAsync("verify");

        Assert.Equal((0, 1, 64), (made.Code, late.Code, wrong.Code));
        Assert.True(restored.Code == 0, restored.Output);
        Assert.True(verified.Code == 0, verified.Output);
        Assert.Single(_to.Read("select name from streams where name like 'user-%'"));
        Assert.Equal(waiting, _to.Read("select cast(count(*) as text) from messages")[0]);
        Assert.Empty(_to.Read("select id from documents where kind = 'sessions.session.v1'"));
        using var again = await _to.StartAsync();
        await Verbs.RegisterAsync(again.Http, "eve@example.org");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_to.Read("select 1 from events where type = (select id from types where name = 'media.variant-made.v1')").Count < 3)
        {
            Assert.False(limit.IsCancellationRequested, again.Output);
            await Task.Delay(50, Cancelled);
        }
    }

    [Fact]
    public async Task Is_not_mistaken_for_a_deployment_while_it_is_half_restored()
    {
        await _from.LiveAsync();
        Assert.Equal(0, (await _from.RunAsync("backup", Backup)).Code);
        Directory.CreateDirectory(Path.Combine(_to.Folder, "data", "store.db.restoring"));

        using var refused = HostProcess.Launch(_to.Folder, []);
        Assert.Equal(78, await refused.ExitAsync(Cancelled));
        Assert.Contains("that was broken off", refused.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _to.RunAsync("restore", Backup)).Code);
        Assert.Equal(0, (await _to.RunAsync("verify")).Code);
    }

    [Fact]
    public async Task Names_a_blob_that_is_missing_or_otherwise()
    {
        await _from.LiveAsync();
        var blobs = Blobs(_from);
        await File.WriteAllTextAsync(blobs.First(b => b.EndsWith("+original", StringComparison.Ordinal)), "another picture", Cancelled);
        await File.WriteAllTextAsync(Path.Combine(_from.Folder, "data", "blobs", "00", "unowned"), "", Cancelled);

        var (code, output) = await _from.RunAsync("verify");

        Assert.Equal(2, code);
        Assert.Contains("/original: is not as it was stored", output, StringComparison.Ordinal);
        Assert.Contains("more that nothing speaks of", output, StringComparison.Ordinal);
    }

    private static async Task RegisterAsync(HttpClient http, string name, ConcurrentBag<string> acknowledged, CancellationToken enough)
    {
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            acknowledged.Add(await Verbs.RegisterAsync(http, $"{name}-{i}@example.org"));
        }
    }

    private static string[] Blobs(Verbs verbs) =>
        Directory.GetFiles(Path.Combine(verbs.Folder, "data", "blobs"), "*", SearchOption.AllDirectories);
}
