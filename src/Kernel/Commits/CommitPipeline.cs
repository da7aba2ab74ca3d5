using Microsoft.Extensions.Logging;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>Brings a commit to its shard and, before it is announced, drops the cached copies of what it changed.</summary>
public sealed partial class CommitPipeline(
    Shards shards, SubjectKeys keys, IEnumerable<ICacheInvalidator> copies, ILogger<CommitPipeline> log)
{
    /// <exception cref="ConflictException">Nothing was stored: a concurrent commit was first.</exception>
    /// <exception cref="SubjectErasedException">Nothing was stored: it is about an erased user.</exception>
    public async ValueTask CommitAsync(Commit commit, CommitScope scope, CancellationToken cancellationToken)
    {
        if (scope.Amendment is { } amendment)
        {
            commit = await amendment.AmendAsync(commit, cancellationToken);
        }

        var (shard, epoch) = commit.Bucket.IsHere && scope.EventShard is { } own
            ? new Route(own, shards.Epoch)
            : shards.RouteOf(commit.Bucket);
        if (scope.EventShard is { } pinned && pinned != shard)
        {
            throw new InvalidOperationException(
                "A reaction changes what lies in the shard of its event; send a job to change something elsewhere.");
        }

        var outcome = await shard.CommitAsync(commit with { Epoch = epoch }, cancellationToken);
        if (outcome is Conflict conflict)
        {
            Meters.Conflicts.Add(1, new KeyValuePair<string, object?>("kind", conflict.Kind.ToString()));
            throw Subject.IsIn(conflict) ? new SubjectErasedException() : Refused(conflict, scope.Amendment);
        }

        var position = new LogPosition(shard.Log, ((Committed)outcome).Position);
        scope.Wrote(position, epoch);
        scope.Amendment?.Stored();
        Meters.Commits.Add(1);
        foreach (var append in commit.Appends.Where(a => a.Stream.Category.SequenceEqual(Subject.Category)))
        {
            keys.Forget(Guid.Parse(append.Stream.Key));
        }

        await EvictAsync(commit, position);
    }

    private static ConflictException Refused(Conflict conflict, ICommitAmendment? amendment) =>
        amendment?.IsStoredAlready(conflict) is true ? new ConflictException(conflict) { IsFinal = true } : new ConflictException(conflict);

    private async ValueTask EvictAsync(Commit commit, LogPosition position)
    {
        try
        {
            foreach (var append in commit.Appends)
            {
                // Every cached copy is tagged with the stream that it shows, so that no module can forget to evict.
                foreach (var each in copies)
                {
                    await each.EvictAsync(append.Stream.Name, position, CancellationToken.None);
                }
            }
        }
#pragma warning disable CA1031 // The commit is on disk; a cache that is unavailable must not turn that into a failure.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotEvicted(e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not evict cached copies after a commit")]
    private partial void LogNotEvicted(Exception exception);
}
