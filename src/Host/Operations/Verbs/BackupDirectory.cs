using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Monolith.Adapters.Embedded;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Ports;

namespace Monolith.Host.Operations.Verbs;

/// <summary>What a backup is: <c>store-N.db</c>, <c>blobs/</c>, <c>settings.json</c>, <c>SHA256SUMS</c> of all of these, and last <c>manifest.json</c>.</summary>
/// <remarks>The sums have the form of sha256sum, so that <c>sha256sum -c SHA256SUMS</c> checks a backup where this program is not at hand.</remarks>
internal sealed class BackupDirectory(string path)
{
    public const int Format = 1;

    private const string Sums = "SHA256SUMS";
    private const string ManifestFile = "manifest.json";
    private const string SettingsFile = "settings.json";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Blobs lie there as they do in <c>data/blobs</c>: it is a blob store of its own.</summary>
    public IBlobStore Blobs { get; } = OpenBlobs(Path.Combine(path, "blobs"));

    public string StoreFile(int shard) => Path.Combine(path, $"store-{shard}.db");

    public void WriteSettings(IReadOnlyDictionary<string, string> settings) => File.WriteAllText(
        Path.Combine(path, SettingsFile), JsonSerializer.Serialize(settings, BackupJson.Default.IReadOnlyDictionaryStringString), Utf8);

    /// <summary>Sums up every file and writes the manifest, which makes the backup complete.</summary>
    public async Task CompleteAsync(Manifest manifest, Action<long> progress, CancellationToken cancellationToken)
    {
        var (lines, bytes) = (new StringBuilder(), 0L);
        foreach (var file in FilesToSum())
        {
            lines.Append(await SumAsync(file, cancellationToken)).Append("  ").Append(file).Append('\n');
            progress(bytes += new FileInfo(Path.Combine(path, file)).Length);
        }

        await WriteAsync(Sums, lines.ToString(), cancellationToken);
        var complete = manifest with { Bytes = bytes, Sha256Sums = await SumAsync(Sums, cancellationToken) };
        await WriteAsync($"{ManifestFile}.partial", JsonSerializer.Serialize(complete, BackupJson.Default.Manifest), cancellationToken);
        File.Move(Path.Combine(path, $"{ManifestFile}.partial"), Path.Combine(path, ManifestFile));
    }

    /// <summary>Reads the manifest and compares every file with its sum.</summary>
    /// <exception cref="VerbFailedException">It is no complete backup, of a later format, or damaged.</exception>
    public async Task<Manifest> VerifyAsync(Action<long, long> progress, CancellationToken cancellationToken)
    {
        var manifest = ReadManifest();
        if (manifest.Format > Format)
        {
            throw new VerbFailedException($"{path} is a backup of format {manifest.Format}, and this version knows formats up to {Format}.");
        }

        var damaged = new List<string>();
        if (!await IsAsync(Sums, manifest.Sha256Sums, cancellationToken))
        {
            damaged.Add(Sums);
        }
        else
        {
            var bytes = 0L;
            foreach (var line in await File.ReadAllLinesAsync(Path.Combine(path, Sums), cancellationToken))
            {
                var (sum, file) = (line[..64], line[66..]);
                if (!await IsAsync(file, sum, cancellationToken))
                {
                    damaged.Add(file);
                }
                else
                {
                    progress(bytes += new FileInfo(Path.Combine(path, file)).Length, manifest.Bytes);
                }
            }
        }

        return damaged.Count == 0
            ? manifest
            : throw new VerbFailedException($"{path} is damaged; missing or changed: {string.Join(", ", damaged.Take(10))}{(damaged.Count > 10 ? $" and {damaged.Count - 10} more" : "")}");
    }

    private Manifest ReadManifest()
    {
        var file = Path.Combine(path, ManifestFile);
        if (!File.Exists(file))
        {
            throw new VerbFailedException($"{path} holds no complete backup: {ManifestFile}, which is written last, is missing.");
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), BackupJson.Default.Manifest) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new VerbFailedException($"{file} is damaged.");
        }
    }

    private IEnumerable<string> FilesToSum() => Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '/'))
        .Where(file => file is not (Sums or ManifestFile))
        .Order(StringComparer.Ordinal);

    private async Task<bool> IsAsync(string file, string sum, CancellationToken cancellationToken) =>
        File.Exists(Path.Combine(path, file)) && await SumAsync(file, cancellationToken) == sum;

    private async Task<string> SumAsync(string file, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(Path.Combine(path, file));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
    }

    private async Task WriteAsync(string name, string text, CancellationToken cancellationToken)
    {
        await using var file = File.Create(Path.Combine(path, name));
        await file.WriteAsync(Utf8.GetBytes(text), cancellationToken);
        file.Flush(flushToDisk: true);
    }

    private static IBlobStore OpenBlobs(string path)
    {
        var (services, faults) = (new ServiceCollection(), new Faults());
        var url = AdapterUrl.Parse("backup", $"file:{Uri.EscapeDataString(path)}", faults)!; // it has a scheme
        new FileAdapter().Players.First(p => p.Port == Port.Blobs.Name).Register(services, url);
        return services.BuildServiceProvider().GetRequiredService<IBlobStore>();
    }
}

/// <summary>What a complete backup says of itself.</summary>
/// <param name="Format">Of the backup.</param>
/// <param name="MadeAt">When the stores were copied, UTC.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Stores">What each store held.</param>
/// <param name="Blobs">How many there are.</param>
/// <param name="BlobsDeletedMeanwhile">How many were deleted between the copy of the stores and their own.</param>
/// <param name="Bytes">Of all files that are summed up.</param>
/// <param name="Sha256Sums">SHA-256 of the list of sums.</param>
internal sealed record Manifest(
    int Format, DateTimeOffset MadeAt, string Version, IReadOnlyList<StoreCounts> Stores, long Blobs, long BlobsDeletedMeanwhile,
    long Bytes, string Sha256Sums);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class BackupJson : JsonSerializerContext;
