using System.Globalization;
using Monolith.Kernel.Ports;

namespace Monolith.Host.Operations.Verbs;

/// <summary>Puts a backup in place of a deployment that is not there.</summary>
internal sealed class Restore : IVerb
{
    public string Name => "restore";

    public IReadOnlyList<string> Operands => ["directory"];

    public string Summary => "Put a backup in place where nothing is yet";

    public string Details => """
        Checks every file of the backup by its sum before it writes anything. Refuses where a store or other blobs are already:
        configure an empty place, or move the old data away. The store comes last, so when it was cancelled it can be run again.
        Settings are not restored: compare the settings.json of the backup with `./run config check`.

        The whole backup is restored; there is no way yet to stop at an earlier time. Run `./run verify` afterwards.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(invocation.Operands[0]);
        await using var deployment = Deployment.Build(invocation);
        var stores = deployment.Shards.All.Select(s => s.Store as IFileStore
            ?? throw new VerbFailedException($"{deployment.UrlOf("Store")} is not a file; restore it with its own tools.")).ToList();
        if (stores.Any(s => s.Exists))
        {
            throw new VerbFailedException($"There is a store at {deployment.UrlOf("Store")} already; move it away, or configure another place.");
        }

        var manifest = await VerifyAsync(path, stores.Count, cancellationToken);
        var (backup, blobs) = (new BackupDirectory(path), deployment.Services.GetRequiredService<IBlobStore>());
        await RefuseOtherBlobsAsync(backup.Blobs, blobs, deployment.UrlOf("Blobs"), cancellationToken);
        var (copied, _) = await Backup.CopyBlobsAsync(backup.Blobs, blobs, cancellationToken);
        for (var i = 0; i < stores.Count; i++)
        {
            await stores[i].RestoreAsync(backup.StoreFile(i), cancellationToken);
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{manifest.Stores.Sum(s => s.Events)} events, {manifest.Stores.Sum(s => s.Documents)} documents and {copied} blobs are as they were at {manifest.MadeAt:yyyy-MM-ddTHH:mm:ssZ}"));
        return ExitCodes.Done;
    }

    private static async Task<Manifest> VerifyAsync(string path, int stores, CancellationToken cancellationToken)
    {
        using var progress = new Progress("bytes checked");
        var manifest = await new BackupDirectory(path).VerifyAsync(progress.Report, cancellationToken);
        return manifest.Stores.Count == stores
            ? manifest
            : throw new VerbFailedException($"{path} is of {manifest.Stores.Count} stores, and {stores} are configured.");
    }

    // Those of the backup may be there: a restore that was cancelled left them.
    private static async Task RefuseOtherBlobsAsync(IBlobStore backup, IBlobStore blobs, string url, CancellationToken cancellationToken)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var key in backup.ListAsync("", cancellationToken))
        {
            known.Add(key);
        }

        await foreach (var key in blobs.ListAsync("", cancellationToken))
        {
            if (!known.Contains(key))
            {
                throw new VerbFailedException($"There are other blobs at {url} already; move them away, or configure another place.");
            }
        }
    }
}
