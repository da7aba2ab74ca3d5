using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Commits;

/// <summary>A concurrent commit changed something this commit depended on.</summary>
public sealed class ConflictException(Conflict conflict)
    : Exception($"{conflict.Kind} {conflict.What} is at {conflict.Current} by now.")
{
    /// <summary>What moved.</summary>
    public Conflict Conflict { get; } = conflict;

    /// <summary>Whether a decision of this process was faster, and nothing was sent: deciding again needs no pause.</summary>
    internal bool IsLocal { get; init; }

    /// <summary>Whether deciding again cannot help: a lost lease stays lost, and what a repeated request asks for stays done.</summary>
    public bool IsFinal { get; internal init; } = conflict.Kind is ConflictKind.Message;
}
