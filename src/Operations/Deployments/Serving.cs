namespace Monolith.Operations.Deployments;

/// <summary>Serves until the process is asked to end.</summary>
internal static class Serving
{
    /// <exception cref="ListenException">The server cannot listen where it should.</exception>
    public static async Task ServeAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        await using (app)
        {
            try
            {
                await app.ListenAsync(cancellationToken);
            }
            catch
            {
                // Background work began before the server, which is the last to start: disposing alone would end what it works with.
                await app.StopAsync(CancellationToken.None);
                throw;
            }

            await app.WaitForShutdownAsync(cancellationToken);
        }
    }

    /// <summary>Starts everything, the server last.</summary>
    /// <exception cref="ListenException">The server cannot listen where it should.</exception>
    public static async Task ListenAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (ListenAddress.FaultOf(e, app.Configuration) is { } fault)
        {
            throw new ListenException(fault, e);
        }
    }
}

/// <summary>The server cannot listen where it should; the message tells it in one readable line.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);
