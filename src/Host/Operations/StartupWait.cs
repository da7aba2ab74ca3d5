using System.Runtime.InteropServices;
using Monolith.Operations.Deployments;

namespace Monolith.Host.Operations;

/// <summary>Keeps the process alive while a store on a server cannot be reached: it says that it is not ready, and tries again.</summary>
/// <remarks>A server of its own, so that nothing of the real one ever runs on a store that was not opened.</remarks>
internal static partial class StartupWait
{
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    /// <summary>Opens what the program needs, however long that takes.</summary>
    /// <param name="waiting">Builds the server that answers meanwhile, at the configured address.</param>
    /// <param name="app">The real one.</param>
    /// <param name="openAsync">Opens what the program needs.</param>
    /// <exception cref="OperationCanceledException">The process was asked to end.</exception>
    /// <exception cref="StoreUnavailableException">A store is a file here; waiting mends nothing.</exception>
    public static async Task UntilAsync(WebApplicationBuilder waiting, WebApplication app, Func<CancellationToken, Task> openAsync)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Monolith.Host");
        var clock = app.Services.GetRequiredService<TimeProvider>();
        var isFile = app.Services.GetRequiredService<Shards>().Stores.All(s => s is IFileStore);
        using var stopping = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        WebApplication? room = null;
        try
        {
            var backoff = new Backoff(TimeSpan.FromMilliseconds(500), _longestPause);
            while (true)
            {
                var pause = backoff.Next();
                try
                {
                    await openAsync(stopping.Token);
                    return;
                }
                catch (StoreUnavailableException e) when (!isFile)
                {
                    LogWaiting(log, e.Message, pause.TotalSeconds);
                }

                room ??= await OpenAsync(waiting, stopping.Token);
                await Task.Delay(pause, clock, stopping.Token);
            }
        }
        finally
        {
            if (room is not null)
            {
                await room.DisposeAsync();
            }
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }

    private static async Task<WebApplication> OpenAsync(WebApplicationBuilder builder, CancellationToken cancellationToken)
    {
        builder.Logging.ClearProviders();
        var room = builder.Build();
        room.MapGet("/health/live", Healthy);
        room.MapGet("/health/startup", Healthy);
        room.MapGet("/health/ready", async (HttpContext context) =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await WriteAsync(context, "Unhealthy");
        });
        room.MapFallback(() => PlatformErrors.Unavailable.ToProblem());
        await room.ListenAsync(cancellationToken);
        return room;
    }

    private static Task Healthy(HttpContext context) => WriteAsync(context, "Healthy");

    private static Task WriteAsync(HttpContext context, string status) => context.Response.WriteAsJsonAsync(
        new HealthAnswer(status, new Dictionary<string, string> { ["stores"] = "Unhealthy" }),
        HealthJson.Default.HealthAnswer, contentType: null, context.RequestAborted);

    [LoggerMessage(LogLevel.Warning, "Waiting for the store: {Reason} Next try in {Seconds} s")]
    private static partial void LogWaiting(ILogger log, string reason, double seconds);
}
