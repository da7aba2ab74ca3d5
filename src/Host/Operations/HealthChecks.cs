using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Telemetry;

namespace Monolith.Host.Operations;

/// <summary>Whether the stores answer. While one of several does, there is work that can be done: then the node must not be taken out.</summary>
internal sealed class StoresCheck(Shards shards, StoreNames names) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var faults = (await Task.WhenAll(shards.All.Select(shard => FaultOfAsync(shard, cancellationToken)))).OfType<string>().ToList();
        return faults.Count == 0 ? HealthCheckResult.Healthy()
            : faults.Count < shards.All.Count ? HealthCheckResult.Degraded(string.Join("; ", faults))
            : HealthCheckResult.Unhealthy(string.Join("; ", faults));
    }

    private async Task<string?> FaultOfAsync(Shard shard, CancellationToken cancellationToken)
    {
        try
        {
            await shard.Store.HeadAsync(cancellationToken);
            return null;
        }
        catch (StoreUnavailableException e)
        {
            return $"store {names.All[shard.Index]}: {e.Message}";
        }
    }
}

/// <summary>Whether every background loop gave a sign of life lately.</summary>
internal sealed class LoopsCheck(Heartbeats heartbeats) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var dead = heartbeats.All.Where(h => !h.IsAlive).Select(h => $"{h.Loop} silent for {h.Silence.TotalSeconds:F0} s").ToList();
        return Task.FromResult(dead.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(string.Join(", ", dead)));
    }
}

/// <summary>Whether this process is about to stop: then no new requests should come.</summary>
internal sealed class DrainCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("draining") : HealthCheckResult.Healthy());
}

/// <param name="Status"><c>Healthy</c>, <c>Degraded</c> or <c>Unhealthy</c>.</param>
/// <param name="Checks">The same for each check.</param>
internal sealed record HealthAnswer(string Status, IReadOnlyDictionary<string, string> Checks)
{
    // What a check says in detail goes to the log and the status page; who may call this is not known.
    public static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new HealthAnswer(report.Status.ToString(), report.Entries.ToDictionary(e => e.Key, e => e.Value.Status.ToString())),
        HealthJson.Default.HealthAnswer, contentType: null, context.RequestAborted);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
