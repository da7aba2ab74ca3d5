using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Monolith.Host.Operations;

/// <summary>Collects our own and the framework's instruments, and shows them to Prometheus.</summary>
internal static class Metrics
{
    private static string Version => typeof(Metrics).Assembly.GetName().Version!.ToString(3); // set in Directory.Build.props

    public static void AddMetricsOfThisProcess(this IServiceCollection services) => services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService("monolith", serviceVersion: Version))
        .WithMetrics(metrics => metrics
            .AddMeter(
                Meters.Prefix, $"{Meters.Prefix}.*", "System.Runtime", "Microsoft.AspNetCore.Hosting",
                "Microsoft.AspNetCore.Server.Kestrel")
            .AddPrometheusExporter(prometheus =>
            {
                // Of no use here, as no two meters have an instrument of the same name, and it would be a label of every line.
                prometheus.ScopeInfoEnabled = false;
                prometheus.ScrapeResponseCacheDurationMilliseconds = 0;
            }));

    public static void MapMetrics(this WebApplication app)
    {
        // Made now and not at the first scrape: what happens before counts too.
        app.Services.GetRequiredService<MeterProvider>();
        var scrape = ((IApplicationBuilder)app).New().UseOpenTelemetryPrometheusScrapingEndpoint(_ => true).Build();

        // Mapped by itself the exporter would be missing in the description of the API.
        app.MapGet("/metrics", (Delegate)((HttpContext context) => scrape(context)))
            .WithName("GetMetrics")
            .WithTags(EndpointForm.OperationsTag)
            .WithSummary("Show the metrics of this process, in the text form of Prometheus")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .DisableRateLimiting();
    }
}
