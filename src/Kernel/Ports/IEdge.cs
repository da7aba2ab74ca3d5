using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Ports;

/// <summary>What stands between us and the readers: a CDN, or nothing.</summary>
/// <remarks>Every adapter passes <c>EdgeContract</c>. Calls are safe from any thread.</remarks>
public interface IEdge
{
    /// <summary>What it keeps, for how long, and under which name. Does not change while the process runs.</summary>
    EdgeTerms Terms { get; }

    /// <summary>
    /// Makes a path on this host into the URL that readers should use now: one at the edge, or the path itself while there is no edge or it
    /// is unavailable.
    /// </summary>
    /// <remarks>Ask again for each answer: the edge may be lost the next moment.</remarks>
    /// <param name="path">Begins with a slash.</param>
    string UrlFor(string path);

    /// <summary>Removes what carries one of these surrogate keys, from every part of the edge. Repeatable.</summary>
    /// <param name="keys">As <see cref="SurrogateKey"/> has them; as many as there are.</param>
    /// <param name="cancellationToken">Cancels the wait; what was sent may still have an effect.</param>
    /// <returns>What the edge answered.</returns>
    /// <exception cref="ArgumentException">One of them is no surrogate key.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The edge, or a part of it, cannot be reached or does not take it now. Ask again later.
    /// </exception>
    ValueTask<PurgeReceipt> PurgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);
}

/// <summary>What shared caches may do with the answers that we call public.</summary>
public sealed record EdgeTerms
{
    /// <summary>Whether there is anything that keeps copies and can be told to forget them.</summary>
    public bool KeepsCopies { get; init; } = true;

    /// <summary>Where readers find the edge when it has a name of its own; null when it has ours, or there is none.</summary>
    public Uri? Url { get; init; }

    /// <summary>
    /// How long a copy is given out without asking us: the longest that a copy outlives a purge that is lost. A day unless it is said
    /// otherwise.
    /// </summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromDays(1);

    /// <summary>For how much longer it may be given out while we are asked.</summary>
    public TimeSpan StaleWhileRevalidating { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For how much longer it may be given out while we cannot be reached. A day unless it is said otherwise.</summary>
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// After how long everything is purged once more, because one part of the edge may have refilled itself from another that was told
    /// later; null for never.
    /// </summary>
    public TimeSpan? PurgeAgainAfter { get; init; }

    /// <summary>The header that repeats the surrogate keys, separated by commas, for edges that do not know <c>Surrogate-Key</c>.</summary>
    public string TagHeader { get; init; } = "Cache-Tag";
}

/// <summary>What an edge answered to a purge.</summary>
/// <param name="Keys">How many keys it was told.</param>
/// <param name="Answer">Its own words in one line, 300 characters at most: ids, counts. Empty when there was nothing to tell.</param>
/// <param name="At">When the last answer came, UTC.</param>
public sealed record PurgeReceipt(int Keys, string Answer, DateTimeOffset At);

/// <summary>What marks the copies that belong together: <c>photo-0190…</c>.</summary>
public static class SurrogateKey
{
    /// <summary>How long one may be. Smaller than what any edge takes, so that a list of them stays within its limits.</summary>
    public const int MaxLength = 100;

    /// <summary>Lets through 1 to 100 of a-z, A-Z, 0-9, <c>-</c>, <c>_</c> and <c>.</c>, which no edge takes for a separator.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static string Check(string key) =>
        key.Length is > 0 and <= MaxLength && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? key
        : throw new ArgumentException("A surrogate key has 1 to 100 of a-z, A-Z, 0-9, -, _ and .", nameof(key));
}
