using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>The state of an aggregate at one version, as <see cref="StateMemory"/> keeps it.</summary>
/// <param name="Version">Of the stream.</param>
/// <param name="State">Immutable, in clear.</param>
/// <param name="Subject">Whose it is; null for no one.</param>
/// <param name="Size">How much memory it takes, in bytes: an estimate.</param>
internal sealed record RememberedState(long Version, object State, Guid? Subject, long Size)
{
    /// <summary>
    /// Bodies of the views at that version, in clear, by their kinds; null where they were not needed yet. A null body: there is no view.
    /// </summary>
    public IReadOnlyDictionary<string, byte[]?>? Views { get; init; }

    /// <summary>Where the log was when this was the state: nothing up to there is missing in it.</summary>
    public LogPosition At { get; init; }

    /// <summary>How the commit ends that makes it; null when it is stored.</summary>
    public Task<CommitOutcome>? Pending { get; set; }

    /// <summary>Whether its commit ended, and is not known to be stored.</summary>
    public bool HasFailed => Pending is { IsCompleted: true } and not { IsCompletedSuccessfully: true, Result: Committed };

    /// <summary>How much memory a state takes.</summary>
    /// <param name="stream">The name of its stream, kept twice.</param>
    /// <param name="state">As JSON, in bytes: objects and UTF-16 take some three times as much.</param>
    /// <param name="views">The bodies of the views, in bytes.</param>
    public static long SizeOf(string stream, long state, long views)
    {
        const int Overhead = 500; // The entry, its place in two collections, and the dictionary of views.
        return Overhead + (4L * stream.Length) + (3 * state) + views;
    }
}

/// <summary>What a commit makes of the states that it was decided on.</summary>
/// <param name="All">Those to be remembered from when the commit is queued.</param>
/// <param name="After">
/// How those commits end on which it was decided while they were on their way: they must be stored for this one to be.
/// </param>
internal sealed record StateChanges(IReadOnlyList<StateChange> All, IReadOnlyList<Task<CommitOutcome>> After);

/// <summary>The state that a commit makes of a stream.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="BasedOn">On which it was decided.</param>
/// <param name="Made">What the commit stores.</param>
internal sealed record StateChange(string Stream, RememberedState BasedOn, RememberedState Made)
{
    /// <summary>Whether what is remembered now is what it was decided on, or older than what was read from the store.</summary>
    /// <remarks>Of a state that was on its way a version does not tell what made it; the object does, which stays the same.</remarks>
    public bool Follows(RememberedState newest) =>
        BasedOn.Pending is null
            ? newest.Version <= BasedOn.Version
            : newest.Version == BasedOn.Version && ReferenceEquals(newest.State, BasedOn.State);

    /// <summary>Where it is remembered; null before it was queued.</summary>
    public RememberedStream? Entry { get; set; }
}
