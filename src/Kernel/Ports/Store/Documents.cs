using Monolith.Kernel.Values;

namespace Monolith.Kernel.Ports.Store;

/// <summary>Writes or deletes one document.</summary>
/// <param name="Kind">What it is: <c>users.profile.v1</c>.</param>
/// <param name="Id">Which one; unique within its kind.</param>
/// <param name="Bucket">Where it lies; null for what belongs to the shard itself, such as a checkpoint.</param>
/// <param name="Body">UTF-8 JSON; null deletes the document and its index entries.</param>
/// <param name="Version">Its version from now on, from 1; for an aggregate's documents the version of the stream.</param>
public sealed record DocumentWrite(string Kind, string Id, Bucket? Bucket, byte[]? Body, long Version)
{
    /// <summary>The stored version must be this one, 0 for a document that must not exist; null when something else guards it.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>Whether what was there before must not be readable on the disk, as far as the store can ensure that.</summary>
    public bool MustVanish { get; init; }

    /// <summary>By what it can be found, replacing all of its former entries.</summary>
    public IReadOnlyList<IndexEntry> Entries { get; init; } = [];
}

/// <summary>By what a document can be found.</summary>
/// <param name="Index">Which index of its kind: <c>owner</c>.</param>
/// <param name="Value">Compared byte by byte.</param>
/// <param name="IsUnique">Whether only one document of the kind may have this value: a claim within the shard.</param>
public sealed record IndexEntry(string Index, string Value, bool IsUnique = false);

/// <param name="Kind">What it is.</param>
/// <param name="Id">Which one.</param>
/// <param name="Version">As given by its last write.</param>
/// <param name="Body">UTF-8 JSON, byte by byte as written.</param>
public sealed record Document(string Kind, string Id, long Version, byte[] Body)
{
    /// <summary>By what it can be found, in the order of the write; only where the query asked for it.</summary>
    public IReadOnlyList<IndexEntry> Entries { get; init; } = [];
}

/// <summary>Asks for a page of documents, in the order of their ids.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Limit">How many at most, from 1.</param>
public sealed record DocumentQuery(string Kind, int Limit)
{
    /// <summary>Only documents that have this entry; null for all of the kind.</summary>
    public IndexEntry? Entry { get; init; }

    /// <summary>Only documents after this id in the asked order; null to start at the beginning.</summary>
    public string? After { get; init; }

    /// <summary>Whether to read by what each can be found, which costs a look into the index per entry.</summary>
    public bool WithEntries { get; init; }

    /// <summary>Whether the largest id comes first: the newest, where ids are UUIDv7.</summary>
    public bool IsDescending { get; init; }
}
