using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Commits;

/// <summary>Adds to the commits of a scope what must be stored exactly when they are.</summary>
internal interface ICommitAmendment
{
    /// <summary>Returns the commit with what is to be stored with it; the commit itself where nothing is.</summary>
    ValueTask<Commit> AmendAsync(Commit commit, CancellationToken cancellationToken);

    /// <summary>
    /// Returns whether a commit was refused because what is added to it had been stored before: deciding again cannot help.
    /// </summary>
    bool IsStoredAlready(Conflict conflict);

    /// <summary>Learns that the commit is on disk.</summary>
    void Stored();
}
