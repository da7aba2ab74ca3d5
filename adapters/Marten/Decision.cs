namespace Monolith.Adapters.Marten;

/// <summary>What becomes of a commit of a batch.</summary>
internal abstract record Decision
{
    /// <summary>Something it relied on has changed.</summary>
    public static Decision Refuse(ConflictKind kind, string what, long current) => new Refused(new Conflict(kind, what, current));

    /// <summary>It is to be stored.</summary>
    public sealed record Stored : Decision;

    /// <summary>It is to leave nothing.</summary>
    public sealed record Refused(Conflict Conflict) : Decision;

    /// <summary>It was stored by an earlier batch, with its last event at this position.</summary>
    public sealed record StoredAt(long Position) : Decision;

    /// <summary>An earlier commit of its batch is the same.</summary>
    public sealed record StoredBy(int Index) : Decision;
}
