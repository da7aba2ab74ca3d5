using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Monolith.Adapters.S3;

/// <summary>
/// A bucket of an object store that speaks S3: blobs of all nodes. <c>s3://access-key@photos?endpoint=https://s3.example.org</c>.
/// </summary>
public sealed class S3Adapter : IAdapter
{
    /// <inheritdoc />
    public IReadOnlyList<string> Schemes => ["s3"];

    /// <inheritdoc />
    public IReadOnlyList<PortBinding> Bindings => [new(Port.Blobs.Name, S3Settings.Keys, AddBlobs)];

    private static void AddBlobs(IServiceCollection services, AdapterUrl url)
    {
        var settings = S3Settings.Read(url);
        services.AddSingleton(
            provider => new S3Bucket(
                settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<S3Bucket>>()));
        services.AddSingleton<IBlobStore>(provider => new S3BlobStore(provider.GetRequiredService<S3Bucket>()));
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<S3Bucket>());
        services.AddHostedService(provider => provider.GetRequiredService<S3Bucket>());
    }
}
