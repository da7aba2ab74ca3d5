namespace Monolith.Adapters.Edge;

/// <summary>An edge that keeps copies. Readers are sent there while it is there.</summary>
internal sealed class CachingEdge(EdgeSettings settings, EdgeHealth health, PurgeLine line) : IEdge
{
    private readonly string _url = settings.Terms.Url?.GetLeftPart(UriPartial.Authority) ?? "";

    /// <inheritdoc />
    public EdgeTerms Terms => settings.Terms;

    /// <inheritdoc />
    public string UrlFor(string path) => health.IsUp ? _url + path : path;

    /// <inheritdoc />
    public ValueTask<PurgeReceipt> PurgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        line.PurgeAsync(keys, cancellationToken);
}
