namespace Monolith.Kernel.Commits;

/// <summary>Says which blobs a stream refers to, to check that they are there. Registered by the module that puts them.</summary>
public interface IBlobClaims
{
    /// <summary>Of the streams that it reads: <c>photo</c>.</summary>
    string Category { get; }

    /// <summary>Lists the blobs that must be there after these events.</summary>
    /// <param name="history">All events of a stream.</param>
    IEnumerable<BlobClaim> Of(IReadOnlyList<object> history);
}

/// <param name="Key">Of the blob.</param>
/// <param name="Sha256">Of its content, 64 hexadecimal digits, lower case.</param>
public sealed record BlobClaim(string Key, string Sha256);
