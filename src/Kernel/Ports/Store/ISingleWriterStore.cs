namespace Monolith.Kernel.Ports.Store;

/// <summary>
/// A store that writes in one thread of its own, and can be given the next batch there: so the thread lies idle between two batches for no
/// longer than it takes to hand one over.
/// </summary>
public interface ISingleWriterStore
{
    /// <summary>Does what <see cref="ICommitStore.CommitAsync"/> does, except that its awaiter continues in the writer thread.</summary>
    /// <remarks>For the group commit: who goes on there must do next to nothing, never block, and never end the store.</remarks>
    /// <param name="batch">One or more.</param>
    /// <returns>One outcome per commit, in the same order.</returns>
    ValueTask<IReadOnlyList<CommitOutcome>> CommitInTurnAsync(IReadOnlyList<Commit> batch);
}
