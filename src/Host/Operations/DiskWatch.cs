using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monolith.Host.Operations;

/// <summary>Says in the log and the metrics when a disk gets low, and when there is room again.</summary>
internal sealed partial class DiskWatch : BackgroundService
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, bool> _wasLow = new(StringComparer.Ordinal);
    private readonly Meter _meter = new($"{Meters.Prefix}.Disks");
    private readonly IReadOnlyList<IDisk> _disks;
    private readonly TimeProvider _clock;
    private readonly ILogger<DiskWatch> _log;

    public DiskWatch(IEnumerable<IDisk> disks, TimeProvider clock, ILogger<DiskWatch> log)
    {
        (_disks, _clock, _log) = ([.. disks], clock, log);
        _meter.CreateObservableGauge(
            "monolith.disk.free",
            () => _disks.Select(d => new Measurement<long>(d.Look().FreeBytes, new KeyValuePair<string, object?>("place", d.Place))),
            "By", "What may still be written to a disk");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_pause, _clock);
        do
        {
            foreach (var disk in _disks)
            {
                Tell(disk.Place, disk.Look());
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Tell(string place, DiskState state)
    {
        if (state.IsLow == _wasLow.GetValueOrDefault(place))
        {
            return;
        }

        _wasLow[place] = state.IsLow;
        if (state.IsLow)
        {
            LogLow(place, state.FreeBytes, state.ReserveBytes);
        }
        else
        {
            LogRoom(place, state.FreeBytes);
        }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The disk of {Place} has {FreeBytes} bytes left, less than the reserve of {ReserveBytes}: reading goes on, writing is refused")]
    private partial void LogLow(string place, long freeBytes, long reserveBytes);

    [LoggerMessage(LogLevel.Information, "The disk of {Place} has {FreeBytes} bytes left: writing goes on")]
    private partial void LogRoom(string place, long freeBytes);
}

/// <summary>
/// Whether there is room to write. Degraded and not unhealthy: reading goes on, and taking this node out would stop that too.
/// </summary>
internal sealed class DisksCheck(IEnumerable<IDisk> disks) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var low = disks.Where(d => d.Look().IsLow).Select(d => $"the disk of {d.Place} is low").ToList();
        return Task.FromResult(low.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(", ", low)));
    }
}
