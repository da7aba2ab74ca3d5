using System.Globalization;
using Monolith.Operations.Checks;
using Monolith.Operations.Deployments;

namespace Monolith.Operations.Backups;

/// <summary>How far back: to a time, or to a position.</summary>
internal sealed record RewindTarget(DateTimeOffset? Time, long? Position)
{
    // Exactly these: a lenient reader takes 1.5 for the fifth of January.
    private static readonly string[] _forms =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK"];

    /// <exception cref="UsageException">It is neither.</exception>
    public static RewindTarget Parse(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? new(null, position)
        : DateTimeOffset.TryParseExact(
            text, _forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? new(time, null)
        : throw new UsageException($"\"{text}\" is no time such as 2026-07-01T12:00:00Z (UTC), and no position.");
}

/// <summary>Makes a store that is put together as it was at an earlier time, before it is put in place.</summary>
internal static class Rewinder
{
    // How far reactions may have been behind the log. Longer would repeat more of them than needed, shorter could miss one.
    private static readonly TimeSpan _reactionTime = TimeSpan.FromMinutes(1);

    /// <param name="invocation">How restore was called.</param>
    /// <param name="stagings">Where each store is put together.</param>
    /// <param name="to">How far back.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The summary for the operator.</returns>
    public static async Task<string> RunAsync(
        Invocation invocation, IReadOnlyList<string> stagings, RewindTarget to, CancellationToken cancellationToken)
    {
        if (to.Position is not null && stagings.Count > 1)
        {
            throw new UsageException("Each of several stores has positions of its own; give a time.");
        }

        await using var deployment = await Deployment.OpenAsync(Staged.In(invocation, stagings), cancellationToken);
        var told = "";
        foreach (var shard in deployment.Shards.All)
        {
            // it was just put together
            var point = await PointAsync((IFileStore)shard.Store, shard, to, deployment.Shards.Epoch, cancellationToken);
            await ((IFileStore)shard.Store).RewindAsync(point.Position, cancellationToken);
            await RepairAsync(deployment, shard, cancellationToken);
            foreach (var after in deployment.Services.GetServices<IAfterRewind>())
            {
                await after.AfterRewindAsync(shard, point, cancellationToken);
            }

            told += string.Create(
                CultureInfo.InvariantCulture, $", put back to position {point.Position} at {point.Time:yyyy-MM-ddTHH:mm:ss.fffZ}");
        }

        return told;
    }

    private static async Task<RewoundTo> PointAsync(
        IFileStore file, Shard shard, RewindTarget to, long epoch, CancellationToken cancellationToken)
    {
        var position = to.Position ?? await file.PositionAtAsync(to.Time!.Value, cancellationToken); // one of the two is there
        var last = (await shard.Store.ReadLogAsync(Math.Max(0, position - 1), 1, null, cancellationToken)).Events;
        var time = to.Time ?? (last.Count > 0 ? last[0].At : DateTimeOffset.UnixEpoch);
        var reacted = await file.PositionAtAsync(time - _reactionTime, cancellationToken);
        return new RewoundTo(time, position, Math.Min(position, reacted), epoch);
    }

    // What `rebuild` does: documents become what their streams say, and those without one go.
    private static async Task RepairAsync(Deployment deployment, Shard shard, CancellationToken cancellationToken)
    {
        using var progress = new Progress("events");
        await using var repairs = new Repairs(shard, deployment);
        var all = await shard.Store.HeadAsync(cancellationToken);
        await new Audit(
            shard.Store, deployment.Services.GetRequiredService<AggregateCatalog>(), deployment.Services.GetRequiredService<SubjectKeys>(),
            onlyKind: null).RunAsync(
            async finding =>
            {
                if (finding.Repair is not { } right)
                {
                    throw new VerbFailedException($"{finding.What}; nothing was restored.");
                }

                await repairs.AddAsync(right, finding, cancellationToken);
            },
            read => progress.Report(read, all),
            cancellationToken);
        await repairs.FinishAsync(cancellationToken);
    }
}
