namespace Monolith.Operations.Moves;

/// <summary>Puts <see cref="MovingBlobs"/> in the place of the blobs that are configured, and opens those of a URL beside them.</summary>
/// <remarks>The target has services of its own, because it may be of the same kind as the source.</remarks>
/// <param name="adapters">Every adapter that is compiled in.</param>
internal sealed class BlobSwap(IReadOnlyList<IAdapter> adapters) : IAsyncDisposable
{
    private readonly ServiceCollection _services = new();
    private ServiceProvider? _target;

    /// <summary>What the target is called, printable.</summary>
    public string To { get; private set; } = "";

    /// <summary>Whether a URL names a place for blobs, by its scheme.</summary>
    public static bool IsFor(string url, IReadOnlyList<IAdapter> adapters) => adapters.BindingOf(Port.Blobs, url.Split(':')[0]) is not null;

    /// <summary>Replaces the blobs; faults go to the list.</summary>
    public void Replace(IServiceCollection services, Faults faults, string url)
    {
        var configured = services.Last(s => s.ServiceType == typeof(IBlobStore));
        if (AdapterUrl.Parse("move", url, faults) is not { } target || adapters.BindingOf(Port.Blobs, target.Scheme) is not { } binding)
        {
            return;
        }

        To = target.ToString();
        if (services.Select(s => s.ImplementationInstance).OfType<ChosenAdapters>().Single().Urls.TryGetValue(Port.Blobs.Name, out var from)
            && from == To)
        {
            faults.Add("move", "names the place where the blobs are already");
        }

        foreach (var key in target.Keys.Except(binding.Keys))
        {
            faults.AddUnknown("move", "key", key, binding.Keys);
        }

        binding.Register(_services, target);
        services.Remove(configured);
        // as every adapter registers its ports
        services.AddSingleton(provider => new MovingBlobs((IBlobStore)configured.ImplementationFactory!(provider)));
        services.AddSingleton<IBlobStore>(provider => provider.GetRequiredService<MovingBlobs>());
    }

    /// <summary>Opens the target.</summary>
    /// <exception cref="ConfigurationException">It says what no waiting will mend.</exception>
    public async Task<IBlobStore> OpenAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        _services.AddSingleton(services.GetRequiredService<TimeProvider>());
        _services.AddSingleton(services.GetRequiredService<ILoggerFactory>());
        _services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        _target = _services.BuildServiceProvider();
        foreach (var outside in _target.GetServices<IExternalDependency>())
        {
            await outside.LookAsync(cancellationToken);
        }

        foreach (var hosted in _target.GetServices<IHostedService>())
        {
            await hosted.StartAsync(cancellationToken);
        }

        return _target.GetRequiredService<IBlobStore>();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _target?.GetServices<IHostedService>() ?? [])
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        if (_target is not null)
        {
            await _target.DisposeAsync();
        }
    }
}
