using System.Globalization;
using Monolith.Operations.Checks;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Verbs;

/// <summary>Makes the documents of aggregates and views as their streams say.</summary>
internal sealed class Rebuild : IVerb
{
    public string Name => "rebuild";

    public string? Option => "kind K";

    public string Summary => "Rebuild state documents and views from the streams, all or of one kind";

    public string Details => """
        Folds every stream and replaces each document that is missing or differs, byte by byte as it would be had it been written
        live; documents without a stream are deleted. So it can be cancelled and run again at any time. A stream that is broken is
        named and its documents stay as they are; then it ends with 2.

        A followed view (users.statistics, say) is rebuilt when --kind names it: from the beginning of the log, beside the present
        one, which it then replaces. Cancelled or killed, it goes on at the next run where it stopped. While the server runs,
        POST /v1/admin/subscriptions/<view>/rebuild does the same.

        Stop the server first: while it runs, the store is locked and this says so.
        """;

    public async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var deployment = await Deployment.OpenAsync(invocation, cancellationToken);
        var aggregates = deployment.Services.GetRequiredService<AggregateCatalog>();
        var followed = deployment.Services.GetRequiredService<FollowedCatalog>();
        var kinds = aggregates.All.SelectMany(a => a.Kinds).Concat(followed.All.Select(f => f.Name)).ToList();
        if (invocation.Option is { } kind && !kinds.Contains(kind))
        {
            throw VerbLine.Unknown("kind", kind, kinds);
        }

        if (invocation.Option is { } name && followed.Find(name) is not null)
        {
            return await FollowedRebuild.RunAsync(deployment, name, cancellationToken);
        }

        using var progress = new Progress("events");
        var (written, left, streams) = (0L, 0L, 0L);
        foreach (var shard in deployment.Shards.All)
        {
            var all = await shard.Store.HeadAsync(cancellationToken);
            var audit = new Audit(shard.Store, aggregates, deployment.Services.GetRequiredService<SubjectKeys>(), invocation.Option);
            await using var repairs = new Repairs(shard, deployment);
            await audit.RunAsync(
                async finding =>
                {
                    if (finding.Repair is not { } right)
                    {
                        left++;
                        progress.Dispose();
                        Console.Error.WriteLine($"{finding.What}; left as it is");
                        return;
                    }

                    await repairs.AddAsync(right, finding, cancellationToken);
                    written++;
                },
                read => progress.Report(read, all),
                cancellationToken);
            await repairs.FinishAsync(cancellationToken);
            streams += audit.Streams;
        }

        progress.Dispose();
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{written} documents rebuilt from {streams} streams, {left} streams left as they are, {progress.Elapsed.TotalSeconds:F1} s"));
        return left == 0 ? ExitCodes.Done : ExitCodes.Findings;
    }
}
