using System.Collections.Concurrent;

namespace Monolith.Adapters.Embedded;

/// <summary>
/// Runs work on a thread of its own, one piece after the other: for calls that block, so that they block no other thread.
/// </summary>
internal sealed class WorkerThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <param name="name">For debuggers and dumps.</param>
    public WorkerThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Queues a piece of work and tells how it went.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="continuesHere">
    /// Whether its awaiter continues in this thread, before the next piece; it must not block then, and not dispose of this.
    /// </param>
    /// <exception cref="InvalidOperationException">This was disposed of.</exception>
    public Task<T> RunAsync<T>(Func<T> work, bool continuesHere = false)
    {
        var done = new TaskCompletionSource<T>(
            continuesHere ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // It belongs to the one who waits for this piece; the thread must outlive it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Lets what is queued finish, then ends the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
