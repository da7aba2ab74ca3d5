namespace Monolith.Adapters.Marten;

/// <summary>What the commits of a batch rely on, as it is in the database under the shard's lock.</summary>
/// <param name="Epoch">Of the shard.</param>
/// <param name="Head">Position of the last native event.</param>
internal sealed record BatchFacts(long Epoch, long Head)
{
    /// <summary>Streams that are there, by name.</summary>
    public Dictionary<string, StreamFact> Streams { get; } = new(StringComparer.Ordinal);

    /// <summary>Events that are there, by id.</summary>
    public Dictionary<Guid, EventFact> Events { get; } = [];

    /// <summary>Positions that are taken.</summary>
    public HashSet<long> Positions { get; } = [];

    /// <summary>Documents that are there, with their entries as they are packed.</summary>
    public Dictionary<(string Kind, string Id), DocumentFact> Documents { get; } = [];

    /// <summary>Which document has a claim.</summary>
    public Dictionary<ClaimKey, string> Claims { get; } = [];

    /// <summary>Tokens of the messages that are held.</summary>
    public Dictionary<Guid, long> Held { get; } = [];
}

/// <summary>How far a stream is.</summary>
internal sealed record StreamFact(long Version, byte[] Head);

/// <summary>Where an event is.</summary>
/// <param name="Stream">Name of its stream.</param>
/// <param name="Version">In the stream.</param>
/// <param name="Position">In the log; null for one that this batch stores.</param>
/// <param name="Commit">Which commit of this batch stores it; -1 for one that was there before.</param>
internal sealed record EventFact(string Stream, long Version, long? Position, int Commit = -1);

/// <summary>What a document is.</summary>
internal sealed record DocumentFact(long Version, byte[]? Entries);

/// <summary>Names a claim: its kind, and its key in the index as hexadecimal digits.</summary>
internal readonly record struct ClaimKey(string Kind, string Key);
