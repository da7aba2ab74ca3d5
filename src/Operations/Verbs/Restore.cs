using System.Globalization;
using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Puts a backup in place of a deployment that is not there.</summary>
internal sealed class Restore : IVerb
{
    public string Name => "restore";

    public IReadOnlyList<string> Operands => ["directory"];

    public string? Option => "to T";

    public string Summary => "Put a backup in place where nothing is yet, as it was when it was made or at an earlier time";

    public string Details => """
        The directory is that of the backup, for its last run, or that of one run. Every file is checked by its sum before anything is
        written. Refuses where a store or other blobs are already: configure an empty place, or move the old data away. The store comes
        last; when a restore was broken off, the server does not start there, and the restore can be run again.

        --to 2026-07-01T12:00:00Z puts back the log as it was at that time; --to 12345 as it was at that position. The log is cut before the
        first event that is later, and documents and views are rebuilt from what is left. All users have to log in again. Jobs that
        were waiting then are sent again. Reactions of the minute before are repeated, answers to later requests with an idempotency
        key are forgotten. Orphaned blobs any more stay, and are counted by verify.

        A backup that is sealed needs its key: Backup:KeyFile=<file>, or the environment variable Backup__Passphrase.
        Settings are not restored: compare the settings.json of the backup with `./run config check`. Run `./run verify` afterwards.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var to = invocation.Option is null ? null : RewindTarget.Parse(invocation.Option);
        await using var deployment = Deployment.Build(invocation);
        var stores = deployment.Shards.Stores.Select(s => s as IFileStore
            ?? throw new VerbFailedException($"{deployment.UrlOf("Store")} is not a file; restore it with its own tools.")).ToList();
        if (stores.Any(s => s.Exists))
        {
            throw new VerbFailedException(
                $"There is a store at {deployment.UrlOf("Store")} already; move it away, or configure another place.");
        }

        var (backup, run) = BackupDirectory.OpenRun(
            Path.GetFullPath(invocation.Operands[0]), BackupKey.Read(deployment.Services.GetRequiredService<IConfiguration>()));
        var manifest = await VerifyAsync(backup, run, stores.Count, cancellationToken);
        if (to?.Time > manifest.MadeAt)
        {
            throw new VerbFailedException(
                $"The backup is of {manifest.MadeAt:yyyy-MM-ddTHH:mm:ssZ}: it cannot tell what was at {to.Time:yyyy-MM-ddTHH:mm:ssZ}.");
        }

        var blobs = deployment.Services.GetRequiredService<IBlobStore>();
        var keys = Sums.Read(backup.Root, run).Keys.Select(BackupDirectory.KeyOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        await RefuseOtherBlobsAsync(keys, blobs, deployment.UrlOf("Blobs"), cancellationToken);
        for (var i = 0; i < stores.Count; i++)
        {
            await AssembleAsync(backup, manifest, i, stores[i].Staging, cancellationToken);
        }

        var rewound = to is null ? "" : await Rewinder.RunAsync(invocation, [.. stores.Select(s => s.Staging)], to, cancellationToken);
        await CopyBlobsAsync(keys, backup.Blobs, blobs, cancellationToken);
        foreach (var store in stores)
        {
            await store.RestoreAsync(Staged.FileIn(store.Staging), cancellationToken);
            Directory.Delete(store.Staging, recursive: true);
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{manifest.Stores.Sum(s => s.Counts.Events)} events, {manifest.Stores.Sum(s => s.Counts.Documents)} documents and "
                + $"{keys.Count} blobs are as they were at {manifest.MadeAt:yyyy-MM-ddTHH:mm:ssZ}{rewound}"));
        return ExitCodes.Done;
    }

    /// <summary>Checks a run by its sums.</summary>
    internal static async Task<Manifest> VerifyAsync(BackupDirectory backup, string run, int stores, CancellationToken cancellationToken)
    {
        using var progress = new Progress("bytes checked");
        var manifest = backup.ReadManifest(run);
        await Sums.VerifyAsync(backup, run, manifest, progress.Report, cancellationToken);
        return manifest.Stores.Count == stores
            ? manifest
            : throw new VerbFailedException($"{backup.Root} is of {manifest.Stores.Count} stores, and {stores} are configured.");
    }

    /// <summary>Puts a store together in a new directory of its own.</summary>
    internal static async Task AssembleAsync(
        BackupDirectory backup, Manifest manifest, int shard, string staging, CancellationToken cancellationToken)
    {
        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }

        Directory.CreateDirectory(staging);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        using var progress = new Progress("bytes of the store");
        await backup.Chunks.AssembleAsync(
            manifest.Chain, shard, manifest.Stores[shard].Length, Staged.FileIn(staging), progress.Report, cancellationToken);
    }

    private static async Task CopyBlobsAsync(HashSet<string> keys, IBlobStore from, IBlobStore to, CancellationToken cancellationToken)
    {
        using var progress = new Progress("blobs");
        var copied = 0;
        foreach (var key in keys)
        {
            await using var content = await from.OpenAsync(key, cancellationToken)
                ?? throw new VerbFailedException($"The blob {key} is missing.");
            await to.PutAsync(key, content, cancellationToken);
            progress.Report(++copied, keys.Count);
        }
    }

    // Those of the backup may be there: a restore that was cancelled left them.
    private static async Task RefuseOtherBlobsAsync(
        HashSet<string> known, IBlobStore blobs, string url, CancellationToken cancellationToken)
    {
        await foreach (var key in blobs.ListAsync("", cancellationToken))
        {
            if (!known.Contains(key))
            {
                throw new VerbFailedException($"There are other blobs at {url} already; move them away, or configure another place.");
            }
        }
    }
}
