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
    Shards shards, StateMemory memory, SubjectKeys keys, IEnumerable<ICacheInvalidator> copies, ILogger<CommitPipeline> log)
{
    /// <summary>Stores what was decided on nothing but what is stored.</summary>
    /// <exception cref="ConflictException">Nothing was stored: a concurrent commit was first.</exception>
    /// <exception cref="SubjectErasedException">Nothing was stored: it is about an erased user.</exception>
    public ValueTask CommitAsync(Commit commit, CommitScope scope, CancellationToken cancellationToken) =>
        CommitAsync(commit, new StateChanges([], []), scope, cancellationToken);

    /// <param name="commit">What is stored.</param>
    /// <param name="changes">What it makes of the states that it was decided on.</param>
    /// <param name="scope">Learns what was stored.</param>
    /// <param name="cancellationToken">Cancels the wait for a place in the queue.</param>
    /// <exception cref="ConflictException">Nothing was stored: a concurrent commit was first.</exception>
    /// <exception cref="SubjectErasedException">Nothing was stored: it is about an erased user.</exception>
    internal async ValueTask CommitAsync(
        Commit commit, StateChanges changes, CommitScope scope, CancellationToken cancellationToken)
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

        var outcome = await SendAsync(shard, commit with { Epoch = epoch }, changes, scope.Proposal, cancellationToken);
        if (outcome is Conflict conflict)
        {
            Meters.Conflicts.Add(1, new KeyValuePair<string, object?>("kind", conflict.Kind.ToString()));
            throw Subject.IsIn(conflict) ? new SubjectErasedException() : Refused(conflict, scope.Amendment);
        }

        var position = new LogPosition(shard.Log, ((Committed)outcome).Position);
        scope.Wrote(position, epoch);
        scope.Amendment?.Stored();
        Meters.Commits.Add(1);
        foreach (var append in commit.Appends)
        {
            if (Subject.ErasedBy(append.Stream) is { } erased)
            {
                keys.Forget(erased);
            }

            memory.Seen(append.Stream, append.ExpectedVersion + append.Events.Count);
        }

        await EvictAsync(commit, position);
    }

    // By the time this returns, the states are settled or forgotten.
    private async ValueTask<CommitOutcome> SendAsync(
        Shard shard, Commit commit, StateChanges changes, Proposal? proposal, CancellationToken cancellationToken)
    {
        var queued = changes.All.Count > 0 ? memory.TryQueue(shard, commit, changes) : null;
        if (queued is null)
        {
            await AwaitAsync(changes.After, commit, cancellationToken);
        }

        proposal?.Sent();
        try
        {
            var outcome = queued is null ? await shard.CommitAsync(commit, cancellationToken) : await queued;
            if (outcome is Committed { Position: var position })
            {
                memory.Settle(changes.All, new LogPosition(shard.Log, position));
            }
            else
            {
                Refuse(commit, changes, (Conflict)outcome);
            }

            return outcome;
        }
        catch
        {
            // It is not known how its streams stand.
            memory.Abandon(changes.All);
            foreach (var append in commit.Appends.Where(a => changes.All.All(c => c.Entry is null || c.Stream != a.Stream.Name)))
            {
                memory.Forget(append.Stream.Name);
            }

            throw;
        }
    }

    // The queue did not see it behind them, so it must not be sent before they are stored.
    private static async ValueTask AwaitAsync(
        IReadOnlyList<Task<CommitOutcome>> formers, Commit commit, CancellationToken cancellationToken)
    {
        foreach (var former in formers)
        {
            await ((Task)former).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (former is not { IsCompletedSuccessfully: true, Result: Committed })
            {
                var stream = commit.Appends is [var append, ..] ? append.Stream.Name : "";
                throw new ConflictException(new Conflict(ConflictKind.Stream, stream, 0)) { IsLocal = true };
            }
        }
    }

    // What others have on their way to the same streams may be right, though this is not: only what was moved is forgotten.
    private void Refuse(Commit commit, StateChanges changes, Conflict conflict)
    {
        memory.Abandon(changes.All);
        foreach (var stream in commit.Appends.Select(a => a.Stream).Concat(commit.Checks.Select(c => c.Stream)))
        {
            if (conflict.Kind is ConflictKind.Stream && conflict.What == stream.Name)
            {
                memory.Seen(stream, conflict.Current);
            }
        }
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
