using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Monolith.Host.Operations;

/// <summary>Whether any node of the deployment does background work. Degraded and not unhealthy: this one serves as before.</summary>
internal sealed class WorkersCheck(Nodes nodes) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(nodes.Has(Nodes.Worker) ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("no worker is alive"));
}

/// <summary>Whether figures are as new as they should be, whichever node folds them.</summary>
internal sealed class FiguresCheck(ViewAges ages) : IHealthCheck
{
    // As long as a follower may be silent; a takeover from a dead node takes half of it.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var oldest = ages.All.Select(a => a.Age).DefaultIfEmpty().Max();
        return Task.FromResult(
            oldest > _limit ? HealthCheckResult.Degraded($"figures are {RoughTime.Of(oldest)} old") : HealthCheckResult.Healthy());
    }
}
