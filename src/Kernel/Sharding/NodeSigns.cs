using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Sharding;

/// <summary>Leaves signs of life for the other nodes, and looks at theirs.</summary>
internal sealed partial class NodeSigns : BackgroundService
{
    // While a role is missing, its return is to be noticed soon: at a start, every node comes at the same moment.
    private static readonly TimeSpan _pauseWhileMissing = TimeSpan.FromSeconds(1);

    private readonly Nodes _nodes;
    private readonly Heartbeats _heartbeats;
    private readonly TimeProvider _clock;
    private readonly ILogger<NodeSigns> _log;
    private readonly Meter _meter = new($"{Meters.Prefix}.Nodes");
    private long? _signedAt;

    public NodeSigns(Nodes nodes, Heartbeats heartbeats, TimeProvider clock, ILogger<NodeSigns> log)
    {
        (_nodes, _heartbeats, _clock, _log) = (nodes, heartbeats, clock, log);
        _meter.CreateObservableGauge(
            "monolith.nodes",
            () => new[] { Nodes.Web, Nodes.Worker }.Select(role => new Measurement<long>(
                nodes.All.Count(n => n.IsAlive && n.Roles.Contains(role)), new KeyValuePair<string, object?>("role", role))),
            null, "Nodes of the deployment that are alive, as this one sees it");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_nodes.IsAlone)
        {
            return;
        }

        var heartbeat = _heartbeats.Of("kernel.nodes", TimeSpan.FromMinutes(1));
        await RetryLoop.RunAsync(LiveAsync, Nodes.Interval, Failed, _clock, stoppingToken);
        await LeaveAsync();

        async Task LiveAsync(CancellationToken stopping)
        {
            heartbeat.Beat();
            if (_signedAt is not { } at || _clock.GetElapsedTime(at) >= Nodes.Interval - _pauseWhileMissing)
            {
                _signedAt = _clock.GetTimestamp();
                await _nodes.SignAsync(stopping);
            }

            await _nodes.LookAsync(stopping);
            await Task.Delay(_nodes.Has(Nodes.Worker) ? Nodes.Interval : _pauseWhileMissing, _clock, stopping);
        }

        void Failed(Exception exception, double seconds)
        {
            heartbeat.Beat();
            _signedAt = null;
            LogInterrupted(exception, seconds);
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _nodes.LeaveAsync();
        }
        catch (StoreUnavailableException e)
        {
            LogInterrupted(e, 0); // The others notice that no sign comes any more.
        }
    }

    [LoggerMessage(LogLevel.Warning, "The signs of life of nodes could not be written or read, next try in {Seconds} s")]
    private partial void LogInterrupted(Exception exception, double seconds);
}
