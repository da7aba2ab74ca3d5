using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Monolith.Pages.Status;

namespace Monolith.Host.Operations;

/// <summary>
/// Whether the stores answer. While one of several does, there is work that can be done: then the node must not be taken out.
/// </summary>
internal sealed class StoresCheck(Shards shards) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var faults = (await Task.WhenAll(shards.All.Select(shard => FaultOfAsync(shard, cancellationToken)))).OfType<string>().ToList();
        return faults.Count == 0 ? HealthCheckResult.Healthy()
            : faults.Count < shards.All.Count ? HealthCheckResult.Degraded(string.Join("; ", faults))
            : HealthCheckResult.Unhealthy(string.Join("; ", faults));
    }

    private static async Task<string?> FaultOfAsync(Shard shard, CancellationToken cancellationToken)
    {
        try
        {
            await shard.Store.HeadAsync(cancellationToken);
            return null;
        }
        catch (StoreUnavailableException e)
        {
            return $"store {shard.Name}: {e.Message}";
        }
    }
}

/// <summary>Whether every background loop gave a sign of life lately and, where it follows a log, gets further.</summary>
/// <remarks>
/// Degraded and not unhealthy: requests are served as before, and a node without requests would not do its work any better.
/// </remarks>
internal sealed class LoopsCheck(Heartbeats heartbeats, LagWatch watch) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await watch.MeasureAsync(cancellationToken);
        var faults = heartbeats.All.Select(FaultOf).OfType<string>().ToList();
        return faults.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(", ", faults));
    }

    private static string? FaultOf(Heartbeat loop) =>
        !loop.IsAlive ? $"{loop.Loop} silent for {loop.Silence.TotalSeconds:F0} s"
        : loop.IsStuck ? $"{loop.Loop} no further for {loop.Stalled.TotalSeconds:F0} s, {loop.Lag} behind"
        : null;
}

/// <summary>Whether the external dependencies of ports are available. Degraded and not unhealthy: the process goes on without it.</summary>
internal sealed class ExternalCheck(IExternalDependency outside) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(outside.Fault is { } fault ? HealthCheckResult.Degraded(fault) : HealthCheckResult.Healthy());
}

/// <summary>Adds a check for each port that is played outside this process, called as the port is: <c>cache</c>.</summary>
internal sealed class AddExternalChecks(IEnumerable<IExternalDependency> outside) : IConfigureOptions<HealthCheckServiceOptions>
{
    public void Configure(HealthCheckServiceOptions options)
    {
        foreach (var one in outside)
        {
            options.Registrations.Add(new HealthCheckRegistration(
                one.Port.ToLowerInvariant(), new ExternalCheck(one), HealthStatus.Degraded,
                [OperationsRegistration.Ready, OperationsRegistration.Logged]));
        }
    }
}

/// <summary>Whether this process is about to stop: then no new requests should come.</summary>
internal sealed class DrainCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("draining") : HealthCheckResult.Healthy());
}

/// <summary>How a process is.</summary>
/// <param name="Status"><c>Healthy</c>, <c>Degraded</c> or <c>Unhealthy</c>.</param>
/// <param name="Checks">The same for each check.</param>
/// <param name="Reasons">Why, for those checks that tell everyone; null when none of them has a fault.</param>
internal sealed record HealthAnswer(
    [property: AllowedValues("Healthy", "Degraded", "Unhealthy")] string Status, IReadOnlyDictionary<string, string> Checks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Reasons = null)
{
    // What other checks say in detail goes to the log and the status page; who may call this is not known.
    public static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new HealthAnswer(
            report.Status.ToString(), report.Entries.ToDictionary(e => e.Key, e => e.Value.Status.ToString()),
            StatusView.Reasons(report) is { Count: > 0 } reasons ? reasons : null),
        HealthJson.Default.HealthAnswer, contentType: null, context.RequestAborted);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
