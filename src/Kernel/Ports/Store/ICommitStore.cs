namespace Monolith.Kernel.Ports.Store;

/// <summary>The role of a store that takes commits: the only place where something is decided.</summary>
public interface ICommitStore
{
    /// <summary>Whether no other process can have this store open: then every lease that was there before is a dead process's.</summary>
    bool IsExclusive => false;

    /// <summary>Makes the schema where it is missing and checks its format. Called once, before anything else.</summary>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores each commit of the batch, in order, in one transaction; one that conflicts leaves nothing and spoils no other.
    /// </summary>
    /// <param name="batch">One or more. A commit may rely on what an earlier one of the same batch wrote.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>One outcome per commit, in the same order.</returns>
    ValueTask<IReadOnlyList<CommitOutcome>> CommitAsync(IReadOnlyList<Commit> batch, CancellationToken cancellationToken);
}
