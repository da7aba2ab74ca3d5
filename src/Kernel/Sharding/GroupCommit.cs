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

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(4 * MaxBatch) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly ICommitStore _store;
    private readonly Action<long> _afterBatch;
    private readonly Task _loop;

    /// <param name="store">Where the batches go.</param>
    /// <param name="afterBatch">
    /// Called after every batch with the highest position that was stored (0 when nothing was); must be quick and must not throw.
    /// </param>
    public GroupCommit(ICommitStore store, Action<long> afterBatch)
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
        var waiting = new Waiting(commit, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _queue.Writer.WriteAsync(waiting, cancellationToken);

        // From here on it may be on its way to the disk; the caller learns how it ended, cancelled or not.
        return await waiting.Outcome.Task;
    }

    /// <summary>Lets what is waiting go out, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            await WriteAsync(batch);
            batch.Clear();
        }

        // Leave the writer thread first: the code that awaits this disposal may dispose the writer next.
        await Task.Yield();
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        try
        {
            var commits = batch.ConvertAll(w => w.Commit);
            var outcomes = await (
                _store is ISingleWriterStore store
                    ? store.CommitInTurnAsync(commits)
                    : _store.CommitAsync(commits, CancellationToken.None));
            _afterBatch(outcomes.Max(o => o is Committed c ? c.Position : 0));
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Outcome.TrySetResult(outcomes[i]);
            }
        }
#pragma warning disable CA1031 // Whatever the store throws belongs to those who wait for this batch; the loop must outlive it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            batch.ForEach(w => w.Outcome.TrySetException(e));
        }
    }

    private readonly record struct Waiting(Commit Commit, TaskCompletionSource<CommitOutcome> Outcome);
}
