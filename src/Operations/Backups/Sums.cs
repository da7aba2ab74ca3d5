using System.Security.Cryptography;
using System.Text;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>
/// The sums of every file that a run needs, in the form of sha256sum: within the run, <c>sha256sum -c SHA256SUMS</c> checks it where this
/// program is not at hand.
/// </summary>
internal static class Sums
{
    public const string FileName = "SHA256SUMS";

    /// <summary>Sums up files; what a former run summed up is not read again.</summary>
    /// <param name="root">Of the backup.</param>
    /// <param name="run">Which run.</param>
    /// <param name="files">Relative to the root.</param>
    /// <param name="former">Sums by file, relative to the root.</param>
    /// <param name="progress">Told how many bytes are done.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>All bytes, and the sum of the list itself.</returns>
    public static async Task<(long Bytes, string Sum)> WriteAsync(
        string root, string run, IEnumerable<string> files, IReadOnlyDictionary<string, string> former, Action<long> progress,
        CancellationToken cancellationToken)
    {
        var (lines, bytes) = (new StringBuilder(), 0L);
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var sum = former.GetValueOrDefault(file) ?? await SumAsync(Path.Combine(root, file), cancellationToken);
            lines.Append(sum).Append("  ").Append(Seen(file, run)).Append('\n');
            progress(bytes += new FileInfo(Path.Combine(root, file)).Length);
        }

        var list = Path.Combine(root, run, FileName);
        BackupDirectory.WriteDurably(list, lines.ToString());
        return (bytes, await SumAsync(list, cancellationToken));
    }

    /// <summary>Reads the list of a run: sums by file, relative to the root.</summary>
    public static IReadOnlyDictionary<string, string> Read(string root, string run) => File.ReadAllLines(Path.Combine(root, run, FileName))
        .Where(line => line.Length > 66)
        .ToDictionary(
            line => line[66..].StartsWith("../", StringComparison.Ordinal) ? line[69..] : $"{run}/{line[66..]}", line => line[..64],
            StringComparer.Ordinal);

    /// <summary>Compares every file of a run with its sum.</summary>
    /// <exception cref="VerbFailedException">Something is missing or damaged.</exception>
    public static async Task VerifyAsync(
        BackupDirectory backup, string run, Manifest manifest, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var list = Path.Combine(backup.Root, run, FileName);
        var (damaged, bytes) = (new List<string>(), 0L);
        if (!await IsAsync(list, manifest.Sha256Sums, cancellationToken))
        {
            damaged.Add($"{run}/{FileName}");
        }
        else
        {
            foreach (var (file, sum) in Read(backup.Root, run))
            {
                var path = Path.Combine(backup.Root, file);
                if (!await IsAsync(path, sum, cancellationToken))
                {
                    damaged.Add(file);
                }
                else
                {
                    progress(bytes += new FileInfo(path).Length, manifest.Bytes);
                }
            }
        }

        if (damaged.Count > 0)
        {
            var more = damaged.Count > 10 ? $" and {damaged.Count - 10} more" : "";
            throw new VerbFailedException($"{backup.Root} is damaged; missing or changed: {string.Join(", ", damaged.Take(10))}{more}");
        }
    }

    private static string Seen(string file, string run) =>
        file.StartsWith($"{run}/", StringComparison.Ordinal) ? file[(run.Length + 1)..] : $"../{file}";

    private static async Task<bool> IsAsync(string path, string sum, CancellationToken cancellationToken) =>
        File.Exists(path) && await SumAsync(path, cancellationToken) == sum;

    private static async Task<string> SumAsync(string path, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
    }
}
