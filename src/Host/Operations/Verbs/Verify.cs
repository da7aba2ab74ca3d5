using System.Globalization;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;

namespace Monolith.Host.Operations.Verbs;

/// <summary>Checks everything stored against the events.</summary>
internal sealed class Verify : IVerb
{
    public string Name => "verify";

    public string Summary => "Check every stream's hash chain, and every document against its stream";

    public string Details => """
        Prints one line for each finding, then a summary, and ends with 2 when there are any. It changes nothing. Documents that
        differ can be made anew by `./run rebuild`; a broken stream can only come from a backup.

        Stop the server first: while it runs, the store is locked and this says so.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var deployment = await Deployment.OpenAsync(invocation, cancellationToken);
        using var progress = new Progress("events");
        var aggregates = deployment.Services.GetRequiredService<AggregateCatalog>();
        var (findings, streams, events, documents) = (0L, 0L, 0L, 0L);
        foreach (var shard in deployment.Shards.All)
        {
            var all = await shard.Store.HeadAsync(cancellationToken);
            var audit = new Audit(shard.Store, aggregates, deployment.Services.GetRequiredService<SubjectKeys>(), onlyKind: null);
            try
            {
                await audit.RunAsync(Tell, read => progress.Report(read, all), cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException and not StoreUnavailableException)
            {
                // Whatever keeps the walk from going on is what this verb is there to find.
                await Tell(new Finding($"store {shard.Index}: cannot be read any further after {audit.Streams} streams: {e.Message}"));
            }

            (streams, events, documents) = (streams + audit.Streams, events + audit.Events, documents + audit.Documents);
        }

        progress.Dispose();
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{findings} finding{(findings == 1 ? "" : "s")} in {streams} streams with {events} events and {documents} documents, {progress.Elapsed.TotalSeconds:F1} s"));
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
