using System.Security.Cryptography;

namespace Monolith.Operations.Checks;

/// <summary>Looks whether every blob that a stream speaks of is there, and holds what it should.</summary>
internal sealed class BlobAudit(IBlobStore blobs, IEnumerable<IBlobClaims> all, EventCatalog events, SubjectKeys keys)
{
    private readonly ILookup<string, IBlobClaims> _claims = all.ToLookup(c => c.Category, StringComparer.Ordinal);

    /// <summary>Blobs that were found as they should be.</summary>
    public long Whole { get; private set; }

    public async ValueTask CheckAsync(
        StreamHead head, IReadOnlyList<StoredEvent> history, Func<Finding, ValueTask> found, CancellationToken cancellationToken)
    {
        var claims = _claims[head.Stream.Category.ToString()].ToList();
        if (claims.Count == 0)
        {
            return;
        }

        var opened = (await keys.OpenAsync(history, cancellationToken)).Select(events.Read).ToList();
        foreach (var claim in claims.SelectMany(c => c.Of(opened)))
        {
            if (await FaultOfAsync(claim, cancellationToken) is { } fault)
            {
                await found(new Finding($"blob {claim.Key}: {fault}"));
            }
            else
            {
                Whole++;
            }
        }
    }

    /// <summary>
    /// Counts the blobs that no stream speaks of: what a crash between a blob and its commit leaves, and what was deleted in a rewound
    /// future.
    /// </summary>
    public async Task<long> OrphansAsync(CancellationToken cancellationToken) =>
        Math.Max(0, await blobs.ListAsync("", cancellationToken).LongCountAsync(cancellationToken) - Whole);

    private async Task<string?> FaultOfAsync(BlobClaim claim, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = await blobs.OpenAsync(claim.Key, cancellationToken);
            return content is null ? "is missing"
                : Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == claim.Sha256 ? null
                : "is not as it was stored";
        }
        catch (Exception e) when (e is IOException or InvalidDataException or StoreUnavailableException)
        {
            return $"cannot be read: {e.Message}";
        }
    }
}
