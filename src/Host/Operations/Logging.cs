using Microsoft.Extensions.Logging.Console;

namespace Monolith.Host.Operations;

/// <summary>Structured logs: one JSON object per line, or readable lines where a person looks at a terminal.</summary>
internal static class Logging
{
    public static void AddLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.Configure(o => o.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        // It writes a line at each request: see HealthLog.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);

        // Its errors are a failed start, which Program explains, and a failed loop, which is told once more as critical.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // The slim builder has chosen the simple one already, whatever the configuration says.
        builder.Services.PostConfigure<ConsoleLoggerOptions>(o => o.FormatterName = builder.Configuration["Logging:Console:FormatterName"]
            ?? (Console.IsOutputRedirected ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple));
        builder.Services.Configure<JsonConsoleFormatterOptions>(
            o => (o.IncludeScopes, o.UseUtcTimestamp, o.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        builder.Services.Configure<SimpleConsoleFormatterOptions>(o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss "));
    }
}

/// <summary>Says at the start what this process is made of: one line for each port.</summary>
internal static partial class StartLog
{
    public static void Write(WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Monolith.Host");
        foreach (var (port, url) in app.Services.GetRequiredService<Kernel.Adapters.ChosenAdapters>().Urls)
        {
            LogPort(log, port, url);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Port} is {Url}")]
    private static partial void LogPort(ILogger log, string port, string url);
}
