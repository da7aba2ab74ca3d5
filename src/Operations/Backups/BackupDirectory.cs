using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text;
using Monolith.Adapters.Embedded;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>
/// A directory with one or more runs of a backup: <c>series.json</c>, <c>blobs/</c>, and a directory for each run, named by its time.
/// </summary>
/// <remarks>
/// A run holds <c>store-N.pack</c>, <c>store-N.index</c>, <c>settings.json</c>, <c>SHA256SUMS</c> of all that it needs, and last
/// <c>manifest.json</c>.
/// </remarks>
internal sealed partial class BackupDirectory
{
    public const int Format = 2;

    private const string SeriesFile = "series.json";
    private const string ManifestFile = "manifest.json";
    private const string BlobsFolder = "blobs";
    private const string LockFile = ".lock";

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private BackupDirectory(string root, byte[]? key)
    {
        (Root, IsSealed, Chunks) = (root, key is not null, new ChunkStore(root, key));
        var blobs = OpenBlobs(Path.Combine(root, BlobsFolder));
        Blobs = key is null ? blobs : new SealedBlobs(blobs, key);
    }

    public string Root { get; }

    public bool IsSealed { get; }

    /// <summary>Blobs lie there as they do in <c>data/blobs</c>, those of all runs together.</summary>
    public IBlobStore Blobs { get; }

    public ChunkStore Chunks { get; }

    /// <summary>Opens a directory to write one more run; makes it when it is not there.</summary>
    /// <exception cref="VerbFailedException">There is something else in it, or it is sealed otherwise than is configured now.</exception>
    public static BackupDirectory Prepare(string root, byte[]? secret)
    {
        var file = Path.Combine(root, SeriesFile);
        if (File.Exists(file))
        {
            var series = ReadSeries(root);
            if (series.Seal is null && secret is not null)
            {
                throw new VerbFailedException($"{root} is not sealed, and a key is configured now; begin another directory.");
            }

            return new BackupDirectory(root, BackupKey.Open(secret, series.Seal));
        }

        if (File.Exists(root) || (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any()))
        {
            throw new VerbFailedException($"{root} is not empty; a backup goes into a directory of its own.");
        }

        MakeDirectory(root);
        var (seal, key) = secret is null ? (null, null) : BackupKey.New(secret);
        WriteDurably(file, JsonSerializer.Serialize(new Series(Format, seal), BackupJson.Default.Series));
        return new BackupDirectory(root, key);
    }

    /// <summary>Opens a run for reading.</summary>
    /// <param name="path">Of the run, or of the directory with all of them: then the last one.</param>
    /// <param name="secret">Null when none is configured.</param>
    /// <exception cref="VerbFailedException">There is no complete backup, or it is sealed and the key is another one.</exception>
    public static (BackupDirectory Directory, string Run) OpenRun(string path, byte[]? secret)
    {
        var isRun = RunName().IsMatch(Path.GetFileName(path)) && File.Exists(Path.Combine(path, ManifestFile));
        var root = isRun ? Path.GetDirectoryName(path)! : path; // a run lies in a directory
        var run = isRun ? Path.GetFileName(path) : RunsOf(root).LastOrDefault()
            ?? throw new VerbFailedException($"{path} holds no complete backup: {ManifestFile}, which is written last, is missing.");
        return (new BackupDirectory(root, BackupKey.Open(secret, ReadSeries(root).Seal)), run);
    }

    /// <summary>Complete runs, the oldest first.</summary>
    public IReadOnlyList<string> Runs() => [.. RunsOf(Root)];

    /// <summary>Keeps the directory for this process; disposing gives it free.</summary>
    /// <exception cref="VerbFailedException">Another backup is being written to it.</exception>
    public FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(Root, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new VerbFailedException($"Another backup is being written to {Root}.");
        }
    }

    /// <summary>Makes room for a new run, and removes what runs that were broken off have left.</summary>
    public string Begin(DateTimeOffset now)
    {
        foreach (var left
            in Directory.GetDirectories(Root).Where(
                d => RunName().IsMatch(Path.GetFileName(d)) && !File.Exists(Path.Combine(d, ManifestFile))))
        {
            Directory.Delete(left, recursive: true);
        }

        var run = now.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
        MakeDirectory(Path.Combine(Root, run));
        return run;
    }

    /// <summary>Removes a run that was broken off, and everything when there is no other.</summary>
    public void Abandon(string run)
    {
        Directory.Delete(Runs().Count > 0 ? Path.Combine(Root, run) : Root, recursive: true);
    }

    public void WriteSettings(string run, IReadOnlyDictionary<string, string> settings) => WriteDurably(
        Path.Combine(Root, run, "settings.json"), JsonSerializer.Serialize(settings, BackupJson.Default.IReadOnlyDictionaryStringString));

    /// <summary>Writes the manifest, which makes the run complete.</summary>
    public void Complete(string run, Manifest manifest)
    {
        var file = Path.Combine(Root, run, ManifestFile);
        WriteDurably($"{file}.partial", JsonSerializer.Serialize(manifest, BackupJson.Default.Manifest));
        File.Move($"{file}.partial", file);
    }

    public Manifest ReadManifest(string run)
    {
        var manifest = Read(Path.Combine(Root, run, ManifestFile), BackupJson.Default.Manifest);
        return manifest.Format <= Format
            ? manifest
            : throw new VerbFailedException(
                $"{Root} is a backup of format {manifest.Format}, and this version knows formats up to {Format}.");
    }

    /// <summary>The file of each blob that was ever copied, by the blob's key.</summary>
    public IReadOnlyDictionary<string, string> BlobFiles() => Directory.Exists(Path.Combine(Root, BlobsFolder))
        ? Directory.EnumerateFiles(Path.Combine(Root, BlobsFolder), "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/.partial/", StringComparison.Ordinal))
            .ToDictionary(
                f => KeyOf(f)!, f => Path.GetRelativePath(Root, f).Replace(Path.DirectorySeparatorChar, '/'), StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The key of the blob in a file; null for another file of the backup.</summary>
    public static string? KeyOf(string file) =>
        file.Contains($"{BlobsFolder}/", StringComparison.Ordinal) ? Path.GetFileName(file).Replace('+', '/') : null;

    private static IEnumerable<string> RunsOf(string root) => Directory.Exists(root)
        ? Directory.GetDirectories(root).Select(d => Path.GetFileName(d))
            .Where(d => RunName().IsMatch(d) && File.Exists(Path.Combine(root, d, ManifestFile)))
            .Order(StringComparer.Ordinal)
        : [];

    private static Series ReadSeries(string root) => Read(Path.Combine(root, SeriesFile), BackupJson.Default.Series);

    private static T Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), type) ?? throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw new VerbFailedException($"{file} is missing or damaged.");
        }
    }

    internal static void WriteDurably(string path, string text)
    {
        using var file = File.Create(path);
        file.Write(_utf8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    private static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static IBlobStore OpenBlobs(string path)
    {
        var (services, faults) = (new ServiceCollection(), new Faults());
        var url = AdapterUrl.Parse("backup", $"file:{Uri.EscapeDataString(path)}", faults)!; // it has a scheme
        new FileAdapter().Bindings.First(p => p.Port == Port.Blobs.Name).Register(services, url);
        return services.BuildServiceProvider().GetRequiredService<IBlobStore>();
    }

    [GeneratedRegex("^[0-9]{8}T[0-9]{9}Z$")]
    private static partial Regex RunName();
}
