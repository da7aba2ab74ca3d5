using Monolith.Host.Operations.Description;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Monolith.Pages.Status;

namespace Monolith.Host.Operations;

/// <summary>What operators ask the process: health, metrics, the description of its API.</summary>
internal static class OperationsRegistration
{
    /// <summary>Tag of the checks that decide whether requests should come here.</summary>
    public const string Ready = "ready";

    /// <summary>Tag of the checks of which something else says in the log that they changed.</summary>
    public const string Logged = "logged";

    /// <summary>
    /// Tag of the checks whose reason everyone may see: it concerns users, and does not tell what the service is made of.
    /// </summary>
    public const string Told = StatusView.Told;

    public static void AddOperations(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<StoresCheck>("stores", tags: [Ready])
            .AddCheck<LoopsCheck>("loops", tags: [Ready])
            .AddCheck<WorkersCheck>("workers", tags: [Ready, Told])
            .AddCheck<FiguresCheck>("figures", tags: [Ready, Told])
            .AddCheck<DisksCheck>("disks", tags: [Ready, Logged])
            .AddCheck<DrainCheck>("drain", tags: [Ready, Logged]);
        services.AddSingleton<HealthLog>();
        services.AddSingleton<IConfigureOptions<HealthCheckServiceOptions>, AddExternalChecks>();
        services.AddHostedService<DiskWatch>();
        services.AddMetricsOfThisProcess();
        services.AddDataProtection().SetApplicationName("Monolith");
        services.AddSingleton<StoreKeyRing>();
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, UseStoreKeyRing>();

        // Requests that are under way may take this long to end after the door was shut.
        services.AddHostedService<DrainPause>();
        services.AddOptions<HostOptions>().Configure<RequestLimits>(
            (o, limits) => o.ShutdownTimeout = TimeSpan.FromSeconds(30) + limits.Drain);
    }

    public static void MapOperations(this WebApplication app)
    {
        // Live means: the process answers. Whether what it needs is there is for ready to say; restarting would not bring that back.
        app.MapHealth("/health/live", Options(_ => false));
        app.MapHealth("/health/ready", Options(check => check.Tags.Contains(Ready)));
        app.MapHealth("/health/startup", Options(_ => false));
        app.MapLimits();
        app.MapSubscriptionsAdmin();
        app.MapReportsAdmin();
        app.MapBuildAdmin();
        app.MapFeedAdmin();
        app.MapOpenApi("/openapi/v1.json");
        app.MapApiReference("/openapi/v1.json");
        app.MapMetrics();
    }

    // By themselves health checks answer every method with 200.
    private static void MapHealth(this WebApplication app, string path, HealthCheckOptions options) =>
        app.MapHealthChecks(path, options).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head])).DisableRateLimiting();

    private static HealthCheckOptions Options(Func<HealthCheckRegistration, bool> predicate) =>
        new()
        {
            Predicate = predicate,
            ResponseWriter = (context, report) =>
            {
                context.RequestServices.GetRequiredService<HealthLog>().Note(report);
                return HealthAnswer.WriteAsync(context, report);
            },
        };
}
