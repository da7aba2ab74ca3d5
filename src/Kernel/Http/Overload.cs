using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Http;

/// <summary>Names kinds of work that endpoints do, which differ in how many a process bears at once.</summary>
public static class Workload
{
    /// <summary>Everything that names no other kind.</summary>
    public const string Default = "default";

    /// <summary>Hashes a password: about a tenth of a second of one core.</summary>
    public const string Password = "password";

    /// <summary>Takes in a file: may last for minutes.</summary>
    public const string Upload = "upload";

    /// <summary>Sends an image.</summary>
    public const string Image = "image";

    /// <summary>Says what kind of work an endpoint does.</summary>
    public static TBuilder Does<TBuilder>(this TBuilder endpoint, string work)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder => builder.Metadata.Add(new WorkloadMetadata(work)));
        return endpoint;
    }

    internal static string Of(Endpoint endpoint) => endpoint.Metadata.GetMetadata<WorkloadMetadata>()?.Work ?? Default;

    /// <summary>How an endpoint is called in limits and metrics: <c>POST /v1/media</c>.</summary>
    internal static string NameOf(Endpoint endpoint)
    {
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];
        var pattern = (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? endpoint.DisplayName ?? "";
        return $"{string.Join(',', methods)} /{pattern.Trim('/')}".TrimStart();
    }
}

internal sealed record WorkloadMetadata(string Work);

/// <summary>
/// Lets each endpoint work on so many requests at once, lets so many wait, and refuses the rest at once: one that is flooded leaves the
/// others alone.
/// </summary>
/// <remarks>
/// Stands before authentication, so that a refusal costs no look into the store. What is marked by <c>DisableRateLimiting</c>, such as
/// health, is let through.
/// </remarks>
internal sealed class OverloadMiddleware(RequestDelegate next, RequestLimits limits)
{
    // As many as there are endpoints, and no more: what matches none is answered by 404 and costs nothing.
    private readonly ConcurrentDictionary<Endpoint, ConcurrencyLimiter> _limiters = new();

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null)
        {
            await next(http);
            return;
        }

        using var place = await TakePlaceAsync(_limiters.GetOrAdd(endpoint, Make), http.RequestAborted);
        if (place.IsAcquired)
        {
            await next(http);
            return;
        }

        Meters.Overloaded.Add(1, new KeyValuePair<string, object?>("endpoint", Workload.NameOf(endpoint)));
        await PlatformErrors.Overloaded.ToProblem().ExecuteAsync(http);
    }

    private ConcurrencyLimiter Make(Endpoint endpoint)
    {
        var cap = limits.CapOf(Workload.Of(endpoint));
        return new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = cap.Concurrency, QueueLimit = cap.Queue });
    }

    private async ValueTask<RateLimitLease> TakePlaceAsync(ConcurrencyLimiter limiter, CancellationToken aborted)
    {
        var place = limiter.AttemptAcquire();
        if (place.IsAcquired)
        {
            return place;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        waiting.CancelAfter(limits.Queue);
        try
        {
            return await limiter.AcquireAsync(1, waiting.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return place;
        }
    }
}
