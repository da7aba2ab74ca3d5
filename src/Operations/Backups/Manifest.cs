using System.Text.Json.Serialization;
using System.Text.Json;

namespace Monolith.Operations.Backups;

/// <summary>What a complete run of a backup says of itself.</summary>
/// <param name="Format">Of the backup.</param>
/// <param name="MadeAt">When the stores were copied, UTC.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Chain">The runs whose packs it needs, the oldest first and itself last.</param>
/// <param name="Stores">What each store held.</param>
/// <param name="Blobs">How many there are.</param>
/// <param name="NewBlobs">How many of them this run copied.</param>
/// <param name="BlobsDeletedMeanwhile">How many were deleted between the copy of the stores and their own.</param>
/// <param name="Bytes">Of all files that are summed up.</param>
/// <param name="Sha256Sums">SHA-256 of the list of sums.</param>
internal sealed record Manifest(
    int Format, DateTimeOffset MadeAt, string Version, IReadOnlyList<string> Chain, IReadOnlyList<StoreBackup> Stores, long Blobs,
    long NewBlobs,
    long BlobsDeletedMeanwhile, long Bytes, string Sha256Sums);

/// <param name="Counts">What it held.</param>
/// <param name="Length">In bytes.</param>
/// <param name="NewBytes">How many of them this run wrote.</param>
internal sealed record StoreBackup(StoreCounts Counts, long Length, long NewBytes);

/// <summary>What all runs in a directory have in common.</summary>
/// <param name="Format">Of the backup.</param>
/// <param name="Seal">Null when it is not sealed.</param>
internal sealed record Series(int Format, Seal? Seal);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(Series))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class BackupJson : JsonSerializerContext;
