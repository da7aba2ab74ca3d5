using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>What restore refuses, and that it puts all in place or nothing.</summary>
public sealed class RestoreTests : IAsyncLifetime
{
    private readonly Place _to = Place.Empty();
    private Place _from = null!; // Made before each test.

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Run => Assert.Single(Directory.GetDirectories(_from.Backup, "*Z"));

    public async ValueTask InitializeAsync()
    {
        _from = await Place.LivedAsync();
        (await _from.RunAsync("backup", _from.Backup)).Done();
    }

    public ValueTask DisposeAsync()
    {
        _from.Dispose();
        _to.Dispose();
        return default;
    }

    [Theory]
    [InlineData("store-0.pack")]
    [InlineData("store-0.index")]
    [InlineData("settings.json")]
    [InlineData("SHA256SUMS")]
    public async Task Names_a_file_of_the_run_that_was_changed_or_is_gone(string name)
    {
        var reason = $"is damaged; missing or changed: {Path.GetFileName(Run)}/{name}";
        await File.AppendAllTextAsync(Path.Combine(Run, name), "x", Cancelled);
        await RefusesAsync(reason);
        (await _to.RunAsync("verify", _from.Backup)).FailsWith(1, reason);

        File.Delete(Path.Combine(Run, name));
        await RefusesAsync(reason);
    }

    [Theory]
    [InlineData("manifest.json", "", "manifest.json is missing or damaged.")]
    [InlineData("manifest.json", "{", "manifest.json is missing or damaged.")]
    [InlineData("manifest.json", "[1]", "manifest.json is missing or damaged.")]
    [InlineData("../series.json", "null", "series.json is missing or damaged.")]
    [InlineData("manifest.json", null, "holds no complete backup: manifest.json, which is written last, is missing.")]
    [InlineData("../series.json", null, "series.json is missing or damaged.")]
    public async Task Says_what_of_its_description_is_missing_or_damaged(string name, string? content, string reason)
    {
        var file = Path.Combine(Run, name);
        if (content is null)
        {
            File.Delete(file);
        }
        else
        {
            await File.WriteAllTextAsync(file, content, Cancelled);
        }

        await RefusesAsync(reason);
    }

    [Fact]
    public async Task Knows_no_later_format()
    {
        var file = Path.Combine(Run, "manifest.json");
        await File.WriteAllTextAsync(
            file, (await File.ReadAllTextAsync(file, Cancelled)).Replace("\"format\": 2", "\"format\": 3", StringComparison.Ordinal),
            Cancelled);

        await RefusesAsync("is a backup of format 3, and this version knows formats up to 2.");
    }

    [Fact]
    public async Task Names_ten_files_that_are_damaged_and_counts_the_others()
    {
        foreach (var blob in Enumerable.Range(0, 12))
        {
            await _from.Blobs().PutAsync($"extra/{blob}", new MemoryStream([1]), Cancelled);
        }

        (await _from.RunAsync("backup", _from.Backup)).Done();
        foreach (var file in Directory.GetFiles(Path.Combine(_from.Backup, "blobs"), "extra+*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var refused = await _to.RunAsync("restore", _from.Backup);

        refused.FailsWith(1, " and 2 more");
        Assert.Equal(10, refused.Errors.Split("+").Length - 1);
    }

    [Fact]
    public async Task Puts_nothing_into_another_number_of_stores()
    {
        var refused = await Printed.RunAsync(
            "restore", _from.Backup, $"Adapters:Store:a=sqlite:{_to.PathOf("a.db")}", $"Adapters:Store:b=sqlite:{_to.PathOf("b.db")}",
            $"Adapters:Blobs=file:{_to.PathOf("blobs")}");

        refused.FailsWith(1, $"{_from.Backup} is of 1 stores, and 2 are configured.");
        Assert.Empty(_to.BlobFiles());
    }

    [Theory]
    [InlineData("Adapters:Store=postgres://app@db/monolith", "is not a file; restore it with its own tools.")]
    [InlineData("Backup:KeyFile=/no/such/file", "Backup:KeyFile cannot be read: ")]
    public async Task Says_what_stands_in_its_way(string setting, string reason) =>
        (await _to.RunAsync("restore", _from.Backup, setting)).FailsWith(1, reason);

    [Fact]
    public async Task Puts_no_store_in_place_before_every_blob_is_and_goes_on_when_it_is_run_again()
    {
        var blob = Path.GetRelativePath(_from.PathOf("blobs"), _from.BlobFiles()[0]);
        var obstacle = Path.Combine(_to.PathOf("blobs"), blob);
        Directory.CreateDirectory(obstacle); // where a file has to go

        var broken = await _to.RunAsync("restore", _from.Backup);

        Assert.Equal(1, broken.Code);
        Assert.Single(broken.Errors.Split('\n'));
        Assert.False(File.Exists(_to.PathOf("store.db")));
        Directory.Delete(obstacle);
        (await _to.RunAsync("restore", _from.Backup)).Done();
        Assert.Equal(_from.Documents(), _to.Documents());
        Assert.StartsWith("0 findings", (await _to.RunAsync("verify")).Done(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_to.PathOf("store.db.restoring")));
    }

    [Fact]
    public async Task Puts_nothing_in_place_when_it_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Restore().RunAsync(_to.Invoke(_from.Backup), cancelled.Token));

        Assert.False(File.Exists(_to.PathOf("store.db")));
        Assert.Empty(_to.BlobFiles());
    }

    [Fact]
    public async Task Puts_back_every_position_of_the_log_as_it_was_then()
    {
        var head = int.Parse(
            _from.Read("select cast(max(position) as text) from events")[0], System.Globalization.CultureInfo.InvariantCulture);
        foreach (var position in new[] { 0, 1, 2, head / 2, head - 1, head, head + 1000 })
        {
            using var to = Place.Empty();

            var restored = (await to.RunAsync("restore", _from.Backup, "--to", $"{position}")).Done();

            Assert.Contains($", put back to position {position} at ", restored, StringComparison.Ordinal);
            Assert.StartsWith("0 findings", (await to.RunAsync("verify")).Done(), StringComparison.Ordinal);
            Assert.Equal(
                _from.Read($"select hex(id) from events where position <= {position} order by position"),
                to.Read("select hex(id) from events order by position"));
        }
    }

    [Fact]
    public async Task Puts_back_a_time_from_before_everything_to_an_empty_log()
    {
        (await _to.RunAsync("restore", _from.Backup, "--to", "2001-01-01")).Done();

        Assert.Empty(_to.Read("select hex(id) from events"));
        Assert.DoesNotContain(_to.Documents(), IsOfAnEvent);

        // Followed views are made again by the server, from the beginning of the log.
        static bool IsOfAnEvent(string document) =>
            !document.Contains(".statistics@", StringComparison.Ordinal) && !document.StartsWith("host.", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2999-01-01", 1, "it cannot tell what was at 2999-01-01T00:00:00Z.")]
    [InlineData("tomorrow", 64, "\"tomorrow\" is no time")]
    public async Task Puts_back_no_time_that_it_does_not_know(string to, int code, string reason)
    {
        (await _to.RunAsync("restore", _from.Backup, "--to", to)).FailsWith(code, reason);

        Assert.False(File.Exists(_to.PathOf("store.db")));
    }

    private async Task RefusesAsync(string reason)
    {
        (await _to.RunAsync("restore", _from.Backup)).FailsWith(1, reason);
        Assert.False(File.Exists(_to.PathOf("store.db")));
        Assert.Empty(_to.BlobFiles());
    }
}
