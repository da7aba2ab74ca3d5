using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Monolith.Host.Operations;

namespace Monolith.Modules.Tests.Platform;

[Trait("host", "none")]
public sealed class HealthLogTests : ILogger<HealthLog>
{
    private readonly List<string> _lines = [];

    [Fact]
    public void Says_once_that_a_check_failed_and_once_that_it_is_well_again()
    {
        var log = new HealthLog(this);
        foreach (var status
            in (HealthStatus[])[
                HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Unhealthy, HealthStatus.Healthy,
                HealthStatus.Healthy])
        {
            log.Note(Report(status));
        }

        Assert.Equal(["Check stores is Degraded: away", "Check stores is Unhealthy: away", "Check stores is healthy again"], _lines);
    }

    [Fact]
    public void Leaves_to_others_what_they_log_themselves()
    {
        new HealthLog(this).Note(Report(HealthStatus.Degraded, OperationsRegistration.Logged));

        Assert.Empty(_lines);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add(formatter(state, exception));

    private static HealthReport Report(HealthStatus status, params string[] tags) => new(
        new Dictionary<string, HealthReportEntry> { ["stores"] = new(status, "away", TimeSpan.Zero, exception: null, data: null, tags) },
        TimeSpan.Zero);
}
