using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Adapters.Embedded;

/// <summary>Fills a port with nothing, where that is a sensible answer.</summary>
public sealed class NoneAdapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["none"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings { get; } =
    [
        new(Port.Edge.Name, [], AddEdge), new(Port.Telemetry.Name, [], (_, url) => url.RefuseLocation()),
        new(Port.Reports.Name, [], (_, url) => url.RefuseLocation()),
        new(Port.Feed.Name, [], (_, url) => url.RefuseLocation()),
    ];

    private static void AddEdge(IServiceCollection services, AdapterUrl url)
    {
        url.RefuseLocation();
        services.AddSingleton<IEdge, NoEdge>();
    }
}

/// <summary>Stands for no CDN: readers come straight to this host.</summary>
internal sealed class NoEdge(TimeProvider clock) : IEdge
{
    /// <inheritdoc />
    public EdgeTerms Terms { get; } = new() { KeepsCopies = false };

    /// <inheritdoc />
    public string UrlFor(string path) => path;

    /// <inheritdoc />
    public ValueTask<PurgeReceipt> PurgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(new PurgeReceipt(keys.Select(SurrogateKey.Check).Distinct().Count(), "", clock.GetUtcNow()));
    }
}
