using Microsoft.Extensions.Hosting;

namespace Monolith.Adapters.Edge;

/// <summary>Looks through the edge at ourselves, again and again, and whether it would take a purge.</summary>
internal sealed class EdgeProbe(
    EdgeSettings settings, IPurge purge, EdgeHealth health, EdgeClient client, Heartbeats heartbeats,
    TimeProvider clock) : BackgroundService
{
    // Many times as long as one look may take.
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(60);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var heartbeat = heartbeats.Of("edge.probe", _silence);
        using var timer = new PeriodicTimer(settings.Interval, clock);
        try
        {
            do
            {
                heartbeat.Beat();
                await Task.WhenAll(LookAsync(stoppingToken), CheckAsync(stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        if (settings.Probe is null)
        {
            return;
        }

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, settings.Probe);
            await client.AskAsync(request, settings.Timeout, stopping);
            health.Probed(null);
        }
        catch (EdgeFaultException e)
        {
            health.Probed(e.Message);
        }
    }

    private async Task CheckAsync(CancellationToken stopping)
    {
        try
        {
            if (await purge.CheckAsync(stopping))
            {
                health.Takes(null);
            }
        }
        catch (EdgeFaultException e)
        {
            health.Takes(e.Message);
        }
    }
}
