using System.Globalization;
using Monolith.Kernel.Ports;

namespace Monolith.Host.Operations.Verbs;

/// <summary>Copies a deployment into a directory.</summary>
internal sealed class Backup : IVerb
{
    public string Name => "backup";

    public IReadOnlyList<string> Operands => ["directory"];

    public string Summary => "Copy stores, blobs and settings into a new directory, also while the server runs";

    public string Details => """
        The directory must not exist yet, or be empty. A store is copied as it was at one moment: events, documents, messages and the
        deployment's secret. Blobs are copied after it, so that what it speaks of is there; one that was deleted meanwhile is counted.
        settings.json holds the settings without secrets. manifest.json is written last: without it a backup is not complete.
        When it is cancelled or fails, what it has written is removed.

        CAUTION: a backup holds all personal data and the secret that signs addresses and forms. Keep it as you keep the data itself.

        Mail that waits in a directory is not part of it. A store on a server is backed up with that server's tools.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(invocation.Operands[0]);
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw new VerbFailedException($"{path} is not empty; a backup goes into a directory of its own.");
        }

        await using var deployment = Deployment.Build(invocation);
        deployment.RequireStores();
        var stores = deployment.Shards.All.Select(s => s.Store as IFileStore
            ?? throw new VerbFailedException($"{deployment.UrlOf("Store")} is not a file; back it up with its own tools.")).ToList();
        try
        {
            MakeDirectory(path);
            return await CopyAsync(deployment, stores, new BackupDirectory(path), path, cancellationToken);
        }
        catch
        {
            Directory.Delete(path, recursive: true);
            throw;
        }
    }

    private static async Task<int> CopyAsync(
        Deployment deployment, List<IFileStore> stores, BackupDirectory backup, string path, CancellationToken cancellationToken)
    {
        var (madeAt, counts) = (TimeProvider.System.GetUtcNow(), new List<StoreCounts>());
        for (var i = 0; i < stores.Count; i++)
        {
            counts.Add(await CopyStoreAsync(stores[i], backup.StoreFile(i), cancellationToken));
        }

        var (blobs, gone) = await CopyBlobsAsync(deployment.Services.GetRequiredService<IBlobStore>(), backup.Blobs, cancellationToken);
        backup.WriteSettings(ConfigCheck.Effective(deployment.Services.GetRequiredService<IConfiguration>()));

        using var progress = new Progress("bytes summed");
        var version = typeof(Backup).Assembly.GetName().Version!.ToString(3); // set in Directory.Build.props
        await backup.CompleteAsync(
            new Manifest(BackupDirectory.Format, madeAt, version, counts, blobs, gone, 0, ""), bytes => progress.Report(bytes), cancellationToken);
        progress.Dispose();
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{counts.Sum(c => c.Events)} events, {counts.Sum(c => c.Documents)} documents, {counts.Sum(c => c.Messages)} messages and {blobs} blobs are in {path}"
            + $"{(gone > 0 ? $"; {gone} blobs were deleted meanwhile" : "")}"));
        return ExitCodes.Done;
    }

    private static async Task<StoreCounts> CopyStoreAsync(IFileStore store, string path, CancellationToken cancellationToken)
    {
        using var progress = new Progress("bytes of the store");
        var copy = store.CopyToAsync(path, cancellationToken).AsTask();
        while (await Task.WhenAny(copy, Task.Delay(200, CancellationToken.None)) != copy)
        {
            progress.Report(new FileInfo(path) is { Exists: true } file ? file.Length : 0);
        }

        return await copy;
    }

    /// <summary>Copies every blob that is there when its turn comes.</summary>
    internal static async Task<(long Copied, long Gone)> CopyBlobsAsync(IBlobStore from, IBlobStore to, CancellationToken cancellationToken)
    {
        using var progress = new Progress("blobs");
        var (copied, gone) = (0L, 0L);
        await foreach (var key in from.ListAsync("", cancellationToken))
        {
            await using var content = await from.OpenAsync(key, cancellationToken);
            if (content is null)
            {
                gone++;
                continue;
            }

            await to.PutAsync(key, content, cancellationToken);
            progress.Report(++copied);
        }

        return (copied, gone);
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
}
