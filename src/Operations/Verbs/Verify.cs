using System.Globalization;
using Monolith.Operations.Backups;
using Monolith.Operations.Checks;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Checks everything stored, or everything in a backup, against the events.</summary>
internal sealed class Verify : IVerb
{
    public string Name => "verify";

    public IReadOnlyList<string> Operands => ["backup?"];

    public string Summary => "Check every stream's hash chain, every document and blob against its stream; of the data, or of a backup";

    public string Details => """
        Prints one line for each finding, then a summary, and ends with 2 when there are any. It changes nothing. Documents that
        differ can be rebuilt by `./run rebuild`; a broken stream or blob can only come from a backup. Orphaned blobs
        are counted and no finding: a crash at the right moment leaves one.

        With the directory of a backup, or of one run, it checks that instead: every file by its sum, then the store, which it puts
        together in a temporary directory for that, and the blobs. A sealed backup needs its key.

        Stop the server first: while it runs, the store is locked and this says so. A backup can be checked at any time.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Operands.Count == 0)
        {
            await using var deployment = await Deployment.OpenAsync(invocation, cancellationToken);
            return await CheckAsync(deployment, deployment.Services.GetRequiredService<IBlobStore>(), cancellationToken);
        }

        var staging = Directory.CreateTempSubdirectory("monolith-verify-").FullName;
        try
        {
            return await CheckBackupAsync(invocation, staging, cancellationToken);
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static async Task<int> CheckBackupAsync(Invocation invocation, string staging, CancellationToken cancellationToken)
    {
        var secret = BackupKey.Read(invocation.Host.ReadConfiguration(invocation.Settings));
        var (backup, run) = BackupDirectory.OpenRun(Path.GetFullPath(invocation.Operands[0]), secret);
        var manifest = backup.ReadManifest(run);
        await Restore.VerifyAsync(backup, run, manifest.Stores.Count, cancellationToken);
        var stagings = manifest.Stores.Select((_, i) => Path.Combine(staging, i.ToString(CultureInfo.InvariantCulture))).ToList();
        for (var i = 0; i < stagings.Count; i++)
        {
            await Restore.AssembleAsync(backup, manifest, i, stagings[i], cancellationToken);
        }

        await using var deployment = await Deployment.OpenAsync(Staged.In(invocation, stagings), cancellationToken);
        return await CheckAsync(deployment, backup.Blobs, cancellationToken);
    }

    private static async Task<int> CheckAsync(Deployment deployment, IBlobStore stored, CancellationToken cancellationToken)
    {
        using var progress = new Progress("events");
        var aggregates = deployment.Services.GetRequiredService<AggregateCatalog>();
        var keys = deployment.Services.GetRequiredService<SubjectKeys>();
        var blobs = new BlobAudit(
            stored, deployment.Services.GetServices<IBlobClaims>(), deployment.Services.GetRequiredService<EventCatalog>(), keys);
        var (findings, streams, events, documents) = (0L, 0L, 0L, 0L);
        foreach (var shard in deployment.Shards.All)
        {
            var all = await shard.Store.HeadAsync(cancellationToken);
            var audit = new Audit(shard.Store, aggregates, keys, onlyKind: null)
            {
                Visit = (head, history) => blobs.CheckAsync(head, history, Tell, cancellationToken),
            };
            try
            {
                await audit.RunAsync(Tell, read => progress.Report(read, all), cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException)
            {
                // Whatever keeps the walk from going on is what this verb is there to find.
                await Tell(new Finding($"store {shard.Name}: cannot be read any further after {audit.Streams} streams: {e.Message}"));
            }

            (streams, events, documents) = (streams + audit.Streams, events + audit.Events, documents + audit.Documents);
        }

        var orphans = await blobs.OrphansAsync(cancellationToken);
        progress.Dispose();
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{findings} finding{(findings == 1 ? "" : "s")} in {streams} streams with {events} events, {documents} documents and "
                + $"{blobs.Whole} blobs ({orphans} more that nothing speaks of), {progress.Elapsed.TotalSeconds:F1} s"));
        return findings == 0 ? ExitCodes.Done : ExitCodes.Findings;

        ValueTask Tell(Finding finding)
        {
            findings++;
            progress.Dispose();
            Console.Out.WriteLine(finding.What);
            return ValueTask.CompletedTask;
        }
    }
}
