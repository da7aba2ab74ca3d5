using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>One attempt to decide on what is remembered instead of what is stored.</summary>
/// <remarks>
/// What is remembered may be outdated, or wait for a commit that will fail. It is right if a commit that depends on it is stored, and
/// nothing else says so: whatever ends without such a commit is decided again on what is stored.
/// </remarks>
internal sealed class Proposal
{
    private readonly HashSet<StreamId> _unproven = [];
    private readonly List<Task> _pending = [];

    /// <summary>Whether its commit was sent: how that ends is how the attempt ends.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Whether its outcome, an exception too, is right whatever became of what is remembered.</summary>
    public bool IsProven => IsSent || _unproven.Count == 0;

    /// <summary>Notes that a state was taken from memory.</summary>
    /// <param name="stream">Whose.</param>
    /// <param name="pending">How the commit ends that makes it; null when it is stored.</param>
    public void Used(StreamId stream, Task? pending)
    {
        _unproven.Add(stream);
        if (pending is not null)
        {
            _pending.Add(pending);
        }
    }

    /// <summary>Waits until nothing of what was used is on its way any more, however it ended.</summary>
    public async Task EndedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_pending).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Notes what the commit depends on.</summary>
    /// <exception cref="UnprovenException">Something else was used.</exception>
    public void Prove(IEnumerable<StreamId> streams)
    {
        if (!IsSent && _unproven.Except(streams).Any())
        {
            throw new UnprovenException();
        }
    }

    /// <summary>Notes that the commit is on its way.</summary>
    public void Sent() => IsSent = true;
}

/// <summary>A commit would not have depended on a remembered state that was used for it. It is decided again on what is stored.</summary>
internal sealed class UnprovenException() : Exception("The commit does not depend on all that it was decided on.");
