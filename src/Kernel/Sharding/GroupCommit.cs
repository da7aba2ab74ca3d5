using System.Threading.Channels;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Sharding;

/// <summary>Group commit: everything that queued up while a batch was being written goes out as the next batch.</summary>
/// <remarks>
/// No artificial delay: a lone commit goes out at once. The queue is bounded, so a store that is slower than its callers slows them
/// down instead of filling the memory.
/// </remarks>
public sealed class GroupCommit : IAsyncDisposable
{
    // Large enough for every client of a busy node to have one commit waiting, small enough to keep a transaction under some tens of
    // milliseconds.
    private const int MaxBatch = 512;

    private readonly Channel<QueuedCommit> _queue = Channel.CreateBounded<QueuedCommit>(
        new BoundedChannelOptions(4 * MaxBatch) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly ICommitStore _store;
    private readonly Action<IReadOnlyList<Commit>, IReadOnlyList<CommitOutcome>> _afterBatch;
    private readonly Task _loop;

    /// <param name="store">Where the batches go.</param>
    /// <param name="afterBatch">
    /// Called after every batch with what was sent and how each of it ended; must be quick and must not throw.
    /// </param>
    public GroupCommit(ICommitStore store, Action<IReadOnlyList<Commit>, IReadOnlyList<CommitOutcome>> afterBatch)
    {
        (_store, _afterBatch) = (store, afterBatch);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Stores one commit together with whatever else is waiting.</summary>
    /// <exception cref="StoreUnavailableException">
    /// Nothing is known to be stored, and it may be stored: send the same commit again.
    /// </exception>
    public async ValueTask<CommitOutcome> CommitAsync(Commit commit, CancellationToken cancellationToken)
    {
        var queued = new QueuedCommit(commit, []);
        await _queue.Writer.WriteAsync(queued, cancellationToken);

        // From here on it may be on its way to the disk; the caller learns how it ended, cancelled or not.
        return await queued.Outcome;
    }

    /// <summary>Queues one commit, as <see cref="CommitAsync"/> does, if there is room. Never waits.</summary>
    /// <param name="commit">One with appends.</param>
    /// <param name="after">
    /// How those commits end on which it was decided, queued here before it: unless all of them are stored, it conflicts.
    /// </param>
    /// <returns>How it ends; null when the queue is full, and nothing was queued.</returns>
    public Task<CommitOutcome>? TryCommit(Commit commit, IReadOnlyList<Task<CommitOutcome>> after)
    {
        var queued = new QueuedCommit(commit, after);
        return _queue.Writer.TryWrite(queued) ? queued.Outcome : null;
    }

    /// <summary>Lets what is waiting go out, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new CommitBatch();
        while (await _queue.Reader.WaitToReadAsync())
        {
            // The one that must wait for the outcome of this batch is looked at again for the next one.
            while (batch.Count < MaxBatch && _queue.Reader.TryPeek(out var queued) && batch.TryAdd(queued))
            {
                _queue.Reader.TryRead(out _);
            }

            if (batch.Count > 0)
            {
                await WriteAsync(batch);
                batch.Clear();
            }
            else if (_queue.Reader.TryPeek(out var next))
            {
                // It builds on a commit to another shard: its stream has just moved here.
                await ((Task)Task.WhenAll(next.After)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // Leave the writer thread first: the code that awaits this disposal may dispose the writer next.
        await Task.Yield();
    }

    private async Task WriteAsync(CommitBatch batch)
    {
        try
        {
            var commits = batch.Commits;
            var outcomes = await (
                _store is ISingleWriterStore store
                    ? store.CommitInTurnAsync(commits)
                    : _store.CommitAsync(commits, CancellationToken.None));
            _afterBatch(commits, outcomes);
            batch.End(outcomes);
        }
#pragma warning disable CA1031 // Whatever the store throws belongs to those who wait for this batch; the loop must outlive it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            batch.Fail(e);
        }
    }
}
