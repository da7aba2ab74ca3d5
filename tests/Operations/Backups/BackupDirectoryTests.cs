using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Tests.Backups;

/// <summary>The directory of a backup, complete or not, whole or damaged.</summary>
public sealed class BackupDirectoryTests : IDisposable
{
    private static readonly DateTimeOffset _noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private string Root => Path.Combine(_folder, "backup");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Is_made_where_nothing_is_and_readable_by_its_owner_alone()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);

        Assert.False(backup.IsSealed);
        Assert.Empty(backup.Runs());
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.Equal((Ours, Ours), (File.GetUnixFileMode(Root), File.GetUnixFileMode(Path.Combine(Root, backup.Begin(_noon)))));
        }
    }

    [Fact]
    public void Is_not_made_of_a_file_or_of_a_folder_with_something_in_it()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        foreach (var path in new[] { file, _folder })
        {
            var refused = Assert.Throws<VerbFailedException>(() => BackupDirectory.Prepare(path, secret: null));

            Assert.Equal($"{path} is not empty; a backup goes into a directory of its own.", refused.Message);
        }

        Assert.Equal([file], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    public void Says_that_what_its_runs_have_in_common_is_damaged(string series)
    {
        BackupDirectory.Prepare(Root, secret: null);
        File.WriteAllText(Path.Combine(Root, "series.json"), series);

        var refused = Assert.Throws<VerbFailedException>(() => BackupDirectory.Prepare(Root, secret: null));

        Assert.Equal($"{Root}/series.json is missing or damaged.", refused.Message);
    }

    [Fact]
    public void Is_either_sealed_or_not()
    {
        BackupDirectory.Prepare(Root, secret: null);

        var refused = Assert.Throws<VerbFailedException>(() => BackupDirectory.Prepare(Root, "a passphrase"u8.ToArray()));

        Assert.Equal($"{Root} is not sealed, and a key is configured now; begin another directory.", refused.Message);
    }

    [Fact]
    public void Has_no_run_before_its_manifest_is_written()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        var run = backup.Begin(_noon);

        Assert.Equal("20300101T120000000Z", run);
        Assert.Equal(
            $"{Root} holds no complete backup: manifest.json, which is written last, is missing.",
            Assert.Throws<VerbFailedException>(() => BackupDirectory.OpenRun(Root, secret: null)).Message);
        backup.Complete(run, ManifestOf());
        Assert.Equal([run], backup.Runs());
        Assert.False(File.Exists(Path.Combine(Root, run, "manifest.json.partial")));
    }

    [Fact]
    public void Opens_the_last_run_or_the_one_that_is_named()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        var runs = new List<string>();
        for (var hour = 0; hour < 3; hour++)
        {
            runs.Add(backup.Begin(_noon.AddHours(hour)));
            backup.Complete(runs[hour], ManifestOf());
        }

        Assert.Equal(runs, backup.Runs());
        foreach (var (path, run) in new[] { (Root, runs[2]), (Path.Combine(Root, runs[0]), runs[0]) })
        {
            var (directory, opened) = BackupDirectory.OpenRun(path, secret: null);

            Assert.Equal((Root, run), (directory.Root, opened));
        }
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("")]
    public void Opens_nothing_where_there_is_no_backup(string name)
    {
        var path = Path.Combine(_folder, name);

        Assert.Contains(
            "holds no complete backup", Assert.Throws<VerbFailedException>(() => BackupDirectory.OpenRun(path, null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Removes_runs_that_were_broken_off_when_the_next_one_begins_and_nothing_else()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        var whole = backup.Begin(_noon);
        backup.Complete(whole, ManifestOf());
        var broken = backup.Begin(_noon.AddHours(1));
        Directory.CreateDirectory(Path.Combine(Root, "lost+found"));

        var next = backup.Begin(_noon.AddHours(2));

        Assert.Equal(
            [whole, next, "lost+found"],
            Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(broken, Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)));
    }

    [Fact]
    public void Abandons_a_run_and_all_of_it_when_there_is_no_other()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        backup.Abandon(backup.Begin(_noon));
        Assert.False(Directory.Exists(Root));

        backup = BackupDirectory.Prepare(Root, secret: null);
        backup.Complete(backup.Begin(_noon), ManifestOf());
        backup.Abandon(backup.Begin(_noon.AddHours(1)));
        Assert.Single(backup.Runs());
    }

    [Fact]
    public void Is_written_to_by_one_backup_at_a_time()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        using (backup.Lock())
        {
            Assert.Equal($"Another backup is being written to {Root}.", Assert.Throws<VerbFailedException>(backup.Lock).Message);
        }

        backup.Lock().Dispose();
    }

    [Fact]
    public void Knows_no_later_format()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        var run = backup.Begin(_noon);
        backup.Complete(run, ManifestOf() with { Format = 3 });

        var refused = Assert.Throws<VerbFailedException>(() => backup.ReadManifest(run));

        Assert.Equal($"{Root} is a backup of format 3, and this version knows formats up to 2.", refused.Message);
    }

    [Theory]
    [InlineData("blobs/a7/photos+1+original", "photos/1/original")]
    [InlineData("20300101T120000000Z/store-0.pack", null)]
    [InlineData("20300101T120000000Z/settings.json", null)]
    public void Tells_a_blob_by_its_file(string file, string? key) => Assert.Equal(key, BackupDirectory.KeyOf(file));

    [Fact]
    public async Task Lists_the_files_of_blobs_and_none_that_is_half_written()
    {
        var backup = BackupDirectory.Prepare(Root, secret: null);
        Assert.Empty(backup.BlobFiles());
        await backup.Blobs.PutAsync("photos/1/original", new MemoryStream([1]), TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(Root, "blobs", ".partial"));
        await File.WriteAllTextAsync(Path.Combine(Root, "blobs", ".partial", "x"), "", TestContext.Current.CancellationToken);

        var (key, file) = Assert.Single(backup.BlobFiles());

        Assert.Equal("photos/1/original", key);
        Assert.EndsWith("/photos+1+original", file, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Root, file)));
    }

    private static Manifest ManifestOf() => new(BackupDirectory.Format, _noon, "1.0.0", [], [], 0, 0, 0, 0, "");
}
