using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Kernel.Http;

/// <summary>Shows every limit, as it holds: from the settings and from what the endpoints say of themselves.</summary>
public static class LimitsEndpoint
{
    /// <summary>Maps <c>GET /v1/limits</c>, for every caller, also under load.</summary>
    public static void MapLimits(this IEndpointRouteBuilder routes) => routes
        .MapGet(
            "/v1/limits",
            (RequestLimits limits, EndpointDataSource endpoints) => Results.Json(Show(limits, endpoints), LimitsJson.Default.LimitsView))
        .WithName("GetLimits")
        .WithTags(EndpointForm.OperationsTag)
        .WithSummary("Show every limit as it holds")
        .Produces<LimitsView>()
        .DisableRateLimiting();

    private static LimitsView Show(RequestLimits limits, EndpointDataSource endpoints) => new(
        limits.BodyBytes, limits.HeaderBytes, limits.UrlBytes, limits.JsonDepth, limits.Request.TotalSeconds, limits.Headers.TotalSeconds,
        limits.BodyBytesPerSecond, limits.BodyGrace.TotalSeconds, limits.Queue.TotalSeconds, limits.CapOf(Workload.Default),
        new SortedDictionary<string, EndpointLimits>(
            endpoints.Endpoints.Select(e => (Name: Workload.NameOf(e), Own: OwnOf(e, limits))).Where(e => e.Own is not null)
                .DistinctBy(e => e.Name).ToDictionary(e => e.Name, e => e.Own!), // see Where
            StringComparer.Ordinal));

    // Null when everything is as it is for all.
    private static EndpointLimits? OwnOf(Endpoint endpoint, RequestLimits limits)
    {
        var cap = Workload.Of(endpoint) == Workload.Default ? null : limits.CapOf(Workload.Of(endpoint));
        var own = new EndpointLimits(
            endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize,
            endpoint.Metadata.GetMetadata<RequestTimeoutPolicy>()?.Timeout?.TotalSeconds, cap?.Concurrency, cap?.Queue);
        return own == new EndpointLimits(null, null, null, null) ? null : own;
    }
}

/// <summary>Every limit as it holds.</summary>
/// <param name="MaxBodyBytes">Of a body.</param>
/// <param name="MaxHeaderBytes">Of all headers.</param>
/// <param name="MaxUrlBytes">Of the request line.</param>
/// <param name="MaxJsonDepth">Of the JSON in a body.</param>
/// <param name="RequestSeconds">How long a request may be worked on.</param>
/// <param name="HeadersSeconds">How long its headers may take.</param>
/// <param name="MinBodyBytesPerSecond">How fast a body must come.</param>
/// <param name="BodyGraceSeconds">For how long it may come slower.</param>
/// <param name="QueueSeconds">How long a request may wait for its turn.</param>
/// <param name="EachEndpoint">How many requests each endpoint takes.</param>
/// <param name="Exceptions">What differs, by endpoint.</param>
internal sealed record LimitsView(
    long MaxBodyBytes, int MaxHeaderBytes, int MaxUrlBytes, int MaxJsonDepth, double RequestSeconds, double HeadersSeconds,
    int MinBodyBytesPerSecond,
    double BodyGraceSeconds, double QueueSeconds, EndpointCap EachEndpoint, IReadOnlyDictionary<string, EndpointLimits> Exceptions);

/// <summary>Where an endpoint differs; null where it does not.</summary>
internal sealed record EndpointLimits(long? MaxBodyBytes, double? RequestSeconds, int? Concurrency, int? Queue);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LimitsView))]
internal sealed partial class LimitsJson : JsonSerializerContext;
