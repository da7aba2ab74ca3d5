using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monolith.Media.Contracts;
using Monolith.Media.Imaging;

namespace Monolith.Media;

/// <summary>Photos: taken in, cropped, sharpened and blurred by jobs, and served.</summary>
public sealed class MediaModule : IModule
{
    /// <inheritdoc />
    public string Name => "media";

    /// <inheritdoc />
    public JsonSerializerContext Json => MediaJson.Default;

    /// <inheritdoc />
    public IReadOnlyList<Error> Errors => [MediaErrors.Empty, MediaErrors.NoSuchPreset];

    /// <inheritdoc />
    public void Register(IServiceCollection services, IConfigurationSection configuration, Faults faults)
    {
        services.AddSingleton<IBlobClaims, PhotoBlobs>();
        services.AddSingleton(MediaSettings.Read(configuration, faults));
        services.AddSingleton(new ImageLimits());
        services.AddSingleton<ImageEngine>();
        services.AddSingleton<Originals>();
        services.AddSingleton<VariantUrls>();
        services.AddScoped<Gallery>();
        services.AddHealthChecks().AddCheck<LibvipsCheck>("libvips", tags: ["ready"]);
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder routes)
    {
        var media = routes.MapGroup("/v1/media").WithTags("Media").RequireAuthorization();
        media.MapUploadPhoto(routes.ServiceProvider.GetRequiredService<MediaSettings>());
        media.MapListPhotos();
        media.MapGetPhoto();
        media.MapGetOriginal();
        media.MapDeletePhoto();
        routes.MapServeVariant();
        routes.MapGetPhotoStatistics();
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Photo))]
[JsonSerializable(typeof(Photo.Uploaded))]
[JsonSerializable(typeof(Photo.VariantMade))]
[JsonSerializable(typeof(Photo.VariantFailed))]
[JsonSerializable(typeof(Photo.Deleted))]
[JsonSerializable(typeof(GalleryPhoto))]
[JsonSerializable(typeof(PhotoCount))]
[JsonSerializable(typeof(PhotoStatistics))]
[JsonSerializable(typeof(MakeVariant))]
[JsonSerializable(typeof(PurgeEdge))]
[JsonSerializable(typeof(PhotoView))]
[JsonSerializable(typeof(byte[]))] // how the description of the API writes content that is not JSON
[JsonSerializable(typeof(Page<PhotoView>))]
[JsonSerializable(typeof(PhotoUploaded))]
[JsonSerializable(typeof(PhotoDeleted))]
internal sealed partial class MediaJson : JsonSerializerContext;

/// <summary>Tells whether images can be worked on here.</summary>
internal sealed class LibvipsCheck : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ImageEngine.IsAvailable ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("libvips cannot be loaded"));
}
