using Monolith.Operations.Backups;
using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>What a backup refuses, and what it leaves behind when it does not come to its end.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private Place _place = null!; // Made before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _place = await Place.LivedAsync();

    public ValueTask DisposeAsync()
    {
        _place.Dispose();
        return default;
    }

    [Fact]
    public async Task Tells_what_it_copied()
    {
        var made = (await _place.RunAsync("backup", _place.Backup)).Done();

        var events = _place.Read("select cast(count(*) as text) from events")[0];
        Assert.StartsWith($"{events} events, ", made, StringComparison.Ordinal);
        Assert.Contains($" and {_place.BlobFiles().Count} blobs are in {_place.Backup}/", made, StringComparison.Ordinal);
        Assert.DoesNotContain("sealed", made, StringComparison.Ordinal);
        Assert.DoesNotContain("deleted meanwhile", made, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_the_settings_down_without_secrets()
    {
        (await _place.RunAsync("backup", _place.Backup, "Backup:Passphrase=correct horse battery", "Jobs:Concurrency=3")).Done();

        var settings = await File.ReadAllTextAsync(Path.Combine(Assert.Single(Runs()), "settings.json"), Cancelled);
        Assert.Contains("\"jobs:Concurrency\": \"3\"", settings, StringComparison.Ordinal);
        Assert.Contains("Adapters:Store", settings, StringComparison.Ordinal);
        Assert.DoesNotContain("correct horse", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_directory_that_another_backup_is_being_written_to()
    {
        (await _place.RunAsync("backup", _place.Backup)).Done();
        using (BackupDirectory.Prepare(_place.Backup, secret: null).Lock())
        {
            (await _place.RunAsync("backup", _place.Backup)).FailsWith(1, $"Another backup is being written to {_place.Backup}.");
        }

        (await _place.RunAsync("backup", _place.Backup)).Done();
        Assert.Equal(2, Runs().Count);
    }

    [Fact]
    public async Task Refuses_another_number_of_stores_than_its_directory_is_of()
    {
        (await _place.RunAsync("backup", _place.Backup)).Done();
        var (a, b) = (_place.PathOf("a.db"), _place.PathOf("b.db"));
        File.Copy(_place.PathOf("store.db"), a);
        File.Copy(_place.PathOf("store.db"), b);

        var refused = await Printed.RunAsync(
            "backup", _place.Backup, $"Adapters:Store:a=sqlite:{a}", $"Adapters:Store:b=sqlite:{b}",
            $"Adapters:Blobs=file:{_place.PathOf("blobs")}");

        refused.FailsWith(1, $"{_place.Backup} is of 1 stores, and 2 are configured; begin another directory.");
        Assert.Single(Runs()); // its own was removed
    }

    [Theory]
    [InlineData("", "Backup:Passphrase=correct horse battery", "is not sealed, and a key is configured now")]
    [InlineData(
        "Backup:Passphrase=correct horse battery", "", "This backup is sealed; give the key as Backup:KeyFile or Backup__Passphrase.")]
    [InlineData(
        "Backup:Passphrase=correct horse battery", "Backup:Passphrase=another horse battery", "This backup was sealed with another key.")]
    [InlineData("", "Backup:Passphrase=short", "The key of backups has 5 bytes, and needs 12 or more.")]
    [InlineData("", "Backup:KeyFile=/no/such/file", "Backup:KeyFile cannot be read: ")]
    public async Task Refuses_a_key_that_is_not_that_of_its_directory(string first, string second, string reason)
    {
        (await _place.RunAsync(["backup", _place.Backup, .. Given(first)])).Done();

        (await _place.RunAsync(["backup", _place.Backup, .. Given(second)])).FailsWith(1, reason);

        Assert.Single(Runs());
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_it_is_cancelled_and_the_runs_before_as_they_were()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await IsCancelledAsync(cancelled.Token);
        Assert.False(Directory.Exists(_place.Backup));

        (await _place.RunAsync("backup", _place.Backup)).Done();
        await IsCancelledAsync(cancelled.Token);

        Assert.Single(Runs());
        Assert.StartsWith("0 findings", (await _place.RunAsync("verify", _place.Backup)).Done(), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_place.PathOf("")), f => f.Contains("copy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Removes_its_run_when_what_it_needs_of_the_run_before_is_gone()
    {
        (await _place.RunAsync("backup", _place.Backup)).Done();
        File.Delete(Path.Combine(Runs()[0], "store-0.index"));

        (await _place.RunAsync("backup", _place.Backup)).FailsWith(1, "store-0.index");

        Assert.Single(Runs());
    }

    [Theory]
    [InlineData("postgres://app@db/monolith", "is not a file; back it up with its own tools.")]
    [InlineData("sqlite:/no/such/place/store.db", "There is no store at sqlite:/no/such/place/store.db yet.")]
    public async Task Copies_stores_in_files_that_are_there(string store, string reason)
    {
        (await _place.RunAsync("backup", _place.Backup, $"Adapters:Store={store}")).FailsWith(1, reason);

        Assert.False(Directory.Exists(_place.Backup));
    }

    [Fact]
    public async Task Keeps_blobs_that_were_deleted_since_for_the_runs_that_speak_of_them()
    {
        (await _place.RunAsync("backup", _place.Backup)).Done();
        File.Delete(_place.BlobFiles()[0]);
        var second = (await _place.RunAsync("backup", _place.Backup)).Done();

        Assert.EndsWith("and 0 blobs", second, StringComparison.Ordinal);
        Assert.StartsWith("0 findings", (await _place.RunAsync("verify", Runs()[0])).Done(), StringComparison.Ordinal);
        using var to = Place.Empty();
        (await to.RunAsync("restore", Runs()[1])).Done();
        Assert.Equal(_place.BlobFiles().Count, to.BlobFiles().Count);
    }

    private async Task IsCancelledAsync(CancellationToken cancelled) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Backup().RunAsync(_place.Invoke(_place.Backup), cancelled));

    private static string[] Given(string setting) => setting.Length == 0 ? [] : [setting];

    private List<string> Runs() => [.. Directory.GetDirectories(_place.Backup, "*Z").Order(StringComparer.Ordinal)];
}
