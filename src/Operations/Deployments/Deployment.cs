namespace Monolith.Operations.Deployments;

/// <summary>The configured deployment without its server: what a verb works on.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Deployment(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public Shards Shards => Services.GetRequiredService<Shards>();

    /// <summary>Puts it together and opens nothing.</summary>
    /// <exception cref="ConfigurationException">Lists every fault of the configuration at once.</exception>
    public static Deployment Build(Invocation invocation) => new(invocation.Host.Build(
        // What a verb prints is for other programs to read.
        [.. invocation.Settings, "--Logging:Console:LogToStandardErrorThreshold=Trace"], adjust: null));

    /// <summary>Puts it together and opens the stores, for this process alone where they are files.</summary>
    /// <exception cref="StoreInUseException">The server runs.</exception>
    public static async Task<Deployment> OpenAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var deployment = Build(invocation);
        try
        {
            deployment.RequireStores();
            await deployment.Shards.OpenAsync(cancellationToken);
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Refuses to work on nothing: a mistyped path would look like a deployment without faults, and be made.</summary>
    public void RequireStores()
    {
        if (Shards.Stores.Any(s => s is IFileStore { Exists: false }))
        {
            throw new VerbFailedException($"There is no store at {UrlOf("Store")} yet.");
        }
    }

    /// <summary>Which adapter provides a port, printable.</summary>
    public string UrlOf(string port) => string.Join(
        ", ",
        Services.GetRequiredService<ChosenAdapters>().Urls.Where(
            u => u.Key == port || u.Key.StartsWith($"{port}:", StringComparison.Ordinal)).Select(u => u.Value));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
