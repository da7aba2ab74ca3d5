using System.Globalization;
using Monolith.Operations.Backups;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Copies a deployment into a directory, or what changed since it was copied there before.</summary>
internal sealed class Backup : IVerb
{
    public string Name => "backup";

    public IReadOnlyList<string> Operands => ["directory"];

    public string Summary => "Copy stores, blobs and settings into a directory, also while the server runs; again, only what is new";

    public string Details => """
        The first run makes the directory. Each further run into it adds a run of its own, with those pieces of the store and those
        blobs that are not there yet; every run can be restored as a whole. A store is copied as it was at one moment: events,
        documents, messages, keys and the deployment's secret. Blobs are copied after it, so that what it speaks of is there; one that
        was deleted meanwhile is counted. settings.json holds the settings without secrets. A run without manifest.json, which is
        written last, is not complete; when it is cancelled or fails, it is removed.

        With Backup:KeyFile=<file> or the environment variable Backup__Passphrase stores and blobs are sealed (AES-256-GCM). Keep the
        key elsewhere than the backup: without it nothing can be restored.

        CAUTION: without a key a backup holds all personal data, readable, and the secret that signs addresses and forms.

        Mail that waits in a directory is not part of it. A store on a server is backed up with that server's tools.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(invocation.Operands[0]);
        await using var deployment = Deployment.Build(invocation);
        deployment.RequireStores();
        var stores = deployment.Shards.Stores.Select(s => s as IFileStore
            ?? throw new VerbFailedException($"{deployment.UrlOf("Store")} is not a file; back it up with its own tools.")).ToList();
        var backup = BackupDirectory.Prepare(path, BackupKey.Read(deployment.Services.GetRequiredService<IConfiguration>()));
        await using var held = backup.Lock();
        var run = backup.Begin(TimeProvider.System.GetUtcNow());
        try
        {
            return await CopyAsync(deployment, stores, backup, run, cancellationToken);
        }
        catch
        {
            backup.Abandon(run);
            throw;
        }
    }

    private static async Task<int> CopyAsync(
        Deployment deployment, List<IFileStore> stores, BackupDirectory backup, string run, CancellationToken cancellationToken)
    {
        var madeAt = TimeProvider.System.GetUtcNow();
        var former = backup.Runs() is { Count: > 0 } runs ? backup.ReadManifest(runs[^1]) : null;
        IReadOnlyList<string> chain = [.. former?.Chain ?? [], run];
        if (former is not null && former.Stores.Count != stores.Count)
        {
            throw new VerbFailedException(
                $"{backup.Root} is of {former.Stores.Count} stores, and {stores.Count} are configured; begin another directory.");
        }

        var copies = new List<StoreBackup>();
        for (var i = 0; i < stores.Count; i++)
        {
            copies.Add(await CopyStoreAsync(stores[i], backup, chain, i, former is not null, cancellationToken));
        }

        var (keys, added, gone) = await CopyBlobsAsync(deployment.Services.GetRequiredService<IBlobStore>(), backup, cancellationToken);
        backup.WriteSettings(
            run,
            ConfigCheck.Effective(
                deployment.Services.GetRequiredService<IConfiguration>(), [.. deployment.Services.GetServices<IModule>()]));

        using var progress = new Progress("bytes summed");
        var files = backup.BlobFiles().Where(f => keys.Contains(f.Key)).Select(f => f.Value)
            .Concat(chain.SelectMany(r => Enumerable.Range(0, stores.Count).Select(i => $"{r}/{ChunkStore.PackOf(i)}")))
            .Concat(Directory.GetFiles(Path.Combine(backup.Root, run)).Select(f => $"{run}/{Path.GetFileName(f)}"))
            .Distinct();
        var summed = former is null ? new Dictionary<string, string>(StringComparer.Ordinal) : Sums.Read(backup.Root, former.Chain[^1]);
        var (bytes, sum) = await Sums.WriteAsync(backup.Root, run, files, summed, done => progress.Report(done), cancellationToken);
        var version = typeof(Backup).Assembly.GetName().Version!.ToString(3); // set in Directory.Build.props
        backup.Complete(run, new Manifest(BackupDirectory.Format, madeAt, version, chain, copies, keys.Count, added, gone, bytes, sum));
        progress.Dispose();
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{copies.Sum(c => c.Counts.Events)} events, {copies.Sum(c => c.Counts.Documents)} documents, "
                + $"{copies.Sum(c => c.Counts.Messages)} messages and {keys.Count} blobs are in {Path.Combine(backup.Root, run)}"
            + $"{(backup.IsSealed ? ", sealed" : "")}; new are {copies.Sum(c => c.NewBytes):N0} bytes of "
            + $"{copies.Sum(c => c.Length):N0} and {added} blobs"
            + $"{(gone > 0 ? $"; {gone} blobs were deleted meanwhile" : "")}"));
        return ExitCodes.Done;
    }

    private static async Task<StoreBackup> CopyStoreAsync(
        IFileStore store, BackupDirectory backup, IReadOnlyList<string> chain, int shard, bool isFurther,
        CancellationToken cancellationToken)
    {
        // Readable for a moment, and beside the live store, which is: not where the backup goes, which may be another machine.
        var path = $"{store.Staging}-copy";
        try
        {
            File.Delete(path);
            using var progress = new Progress("bytes of the store");
            var counts = await store.CopyToAsync(path, cancellationToken);
            var former = isFurther ? await backup.Chunks.ReadIndexAsync(chain[^2], shard, cancellationToken) : [];
            var added = await backup.Chunks.WriteAsync(
                path, chain, shard, former, done => progress.Report(done, new FileInfo(path).Length), cancellationToken);
            return new StoreBackup(counts, new FileInfo(path).Length, added * Sealer.FrameSize);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The content of a blob never changes under its key, so what was copied once is there.
    private static async Task<(HashSet<string> Keys, long Added, long Gone)> CopyBlobsAsync(
        IBlobStore from, BackupDirectory backup, CancellationToken cancellationToken)
    {
        using var progress = new Progress("blobs");
        var (there, keys, added, gone) = (backup.BlobFiles(), new HashSet<string>(StringComparer.Ordinal), 0L, 0L);
        await foreach (var key in from.ListAsync("", cancellationToken))
        {
            if (!there.ContainsKey(key))
            {
                var content = await from.OpenAsync(key, cancellationToken);
                if (content is null)
                {
                    gone++;
                    continue;
                }

                await using (content)
                {
                    await backup.Blobs.PutAsync(key, content, cancellationToken);
                }

                added++;
            }

            keys.Add(key);
            progress.Report(keys.Count);
        }

        return (keys, added, gone);
    }
}
