namespace Monolith.Kernel.Sharding;

/// <summary>
/// What a store says of itself while it is moved, and after: who is configured to use it is told, instead of using half of it or an old
/// one.
/// </summary>
/// <param name="To">Where it is moved to, printable.</param>
/// <param name="At">When, UTC.</param>
public sealed record MoveMark(string To, DateTimeOffset At)
{
    /// <summary>Kind of the documents that hold marks.</summary>
    public const string Kind = "kernel.move.v1";

    /// <summary>Id of the mark on a target that is not complete yet.</summary>
    public const string Incoming = "incoming";

    /// <summary>Id of the mark on a source whose place the target took.</summary>
    public const string Gone = "gone";
}
