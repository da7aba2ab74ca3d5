using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Monolith.Host.Operations;

/// <summary>Says when requests can come, and where to.</summary>
internal static partial class ReadyLine
{
    public static void WriteWhenReady(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Monolith.Host");
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            LogReady(
                log,
                string.Join(", ", app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []));

            // Not where the start failed: there is nothing to drain.
            app.Lifetime.ApplicationStopping.Register(() => LogDraining(log));
        });
    }

    [LoggerMessage(LogLevel.Information, "Ready at {Addresses}")]
    private static partial void LogReady(ILogger log, string addresses);

    [LoggerMessage(LogLevel.Information, "Draining: no new requests, those under way may end")]
    private static partial void LogDraining(ILogger log);
}
