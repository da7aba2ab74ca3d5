using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Monolith.Adapters.Otlp;

/// <summary>Registers the exporters of the signals that are wanted.</summary>
internal static class OtlpServices
{
    // Ours, the requests that come and go, and the database: sources that the framework and the drivers have built in.
    private static readonly string[] _sources = [Meters.Prefix, "Microsoft.AspNetCore", "System.Net.Http", "Npgsql"];

    public static void Add(IServiceCollection services, AdapterUrl url)
    {
        // ASP.NET Core 10 gives its spans a method and a path only when told to, before the server is made.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var settings = OtlpSettings.Read(url);
        services.AddSingleton(settings);
        services.AddSingleton<Delivery>();
        services.AddSingleton<IExternalDependency>(provider => provider.GetRequiredService<Delivery>());
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddDetector(
            provider => new NodeResource(provider.GetRequiredService<Roles>(), provider.GetServices<IModule>())));
        if (settings.Traces > 0)
        {
            services.AddSingleton<IStartupFilter, RequestSpans>();
            telemetry.WithTracing(traces => traces.AddSource(_sources).SetSampler(new OwnSampler(settings.Traces)).AddProcessor(
                provider => new TraceQueue(settings, provider.GetRequiredService<Delivery>())));
        }

        if (settings.Logs)
        {
            services.AddSingleton(provider => new OtlpLogExporter(OptionsOf(settings, provider.GetRequiredService<Delivery>(), "logs")));
            telemetry.WithLogging(
                logs => logs
                    .AddProcessor(provider => new LogQueue(
                        settings, provider.GetRequiredService<Delivery>(), provider.GetRequiredService<OtlpLogExporter>()))
                    .AddProcessor(provider => new LogExporterOwner(provider.GetRequiredService<OtlpLogExporter>())),
                options => options.IncludeFormattedMessage = true);
        }

        if (settings.Metrics)
        {
            telemetry.WithMetrics(metrics => metrics.AddReader(provider => new PeriodicExportingMetricReader(
                new OtlpMetricExporter(OptionsOf(settings, provider.GetRequiredService<Delivery>(), "metrics")),
                (int)settings.Interval.TotalMilliseconds, (int)settings.Timeout.TotalMilliseconds)));
        }

        services.AddHostedService<LastExport>();
    }

    /// <summary>How the exporter of a signal reaches the collector.</summary>
    public static OtlpExporterOptions OptionsOf(OtlpSettings settings, Delivery delivery, string signal) => new()
    {
        Protocol = OtlpExportProtocol.HttpProtobuf,
        Endpoint = new Uri(settings.Address, $"v1/{signal}"),
        Headers = "", // The URL says everything; variables of the environment would add to it unseen.
        TimeoutMilliseconds = (int)settings.Timeout.TotalMilliseconds,
        HttpClientFactory = () => new HttpClient(new CollectorHandler(settings, delivery)) { Timeout = settings.Timeout },
    };
}
