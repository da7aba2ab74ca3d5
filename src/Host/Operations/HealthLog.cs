using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monolith.Host.Operations;

/// <summary>
/// Says in the log what a check found, once for each change: balancers ask every second, for as long as something is unavailable.
/// </summary>
internal sealed partial class HealthLog(ILogger<HealthLog> log)
{
    private readonly Dictionary<string, HealthStatus> _former = new(StringComparer.Ordinal);

    /// <summary>Compares with what was found before. Checks that are tagged as logged are logged elsewhere.</summary>
    public void Note(HealthReport report)
    {
        foreach (var (name, found) in report.Entries)
        {
            if (found.Tags.Contains(OperationsRegistration.Logged) || !IsNew(name, found.Status))
            {
                continue;
            }

            if (found.Status is HealthStatus.Healthy)
            {
                LogHealthy(name);
            }
            else
            {
                LogFault(name, found.Status, found.Description ?? "it failed", found.Exception);
            }
        }
    }

    private bool IsNew(string name, HealthStatus status)
    {
        lock (_former)
        {
            var former = _former.GetValueOrDefault(name, HealthStatus.Healthy);
            _former[name] = status;
            return former != status;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Check {Check} is {Status}: {Reason}")]
    private partial void LogFault(string check, HealthStatus status, string reason, Exception? exception);

    [LoggerMessage(LogLevel.Information, "Check {Check} is healthy again")]
    private partial void LogHealthy(string check);
}
