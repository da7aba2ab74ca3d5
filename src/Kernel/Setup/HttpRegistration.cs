using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Caching;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Http;
using Monolith.Kernel.Idempotency;
using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Setup;

/// <summary>Registers what every endpoint shares.</summary>
public static class HttpRegistration
{
    /// <summary>Registers limits, JSON, output caching and cursors.</summary>
    public static IServiceCollection AddPlatformHttp(this IServiceCollection services, IConfiguration configuration, Faults faults)
    {
        var limits = RequestLimits.Read(configuration.GetSection("Limits"), faults);
        services.AddSingleton(limits);
        services.AddTrustedProxies(configuration, faults);
        services.AddHttpContextAccessor();
        services.AddSingleton<Cursors>();
        services.AddOutputCache();
        services.AddSingleton<IOutputCacheStore, OutputCacheStore>();
        services.AddSingleton<ResponseCache>().AddSingleton<SingleFlight>();
        services.AddSingleton<ICacheInvalidator>(provider => provider.GetRequiredService<SingleFlight>());
        services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy { Timeout = limits.Request });
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = limits.BodyBytes;
            o.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
            o.Limits.MaxRequestLineSize = limits.UrlBytes;
            o.Limits.RequestHeadersTimeout = limits.Headers;
            o.Limits.MinRequestBodyDataRate = o.Limits.MinResponseDataRate = new MinDataRate(limits.BodyBytesPerSecond, limits.BodyGrace);
        });
        services.AddOptions<JsonOptions>().Configure<IEnumerable<ModuleTypes>>((json, modules) =>
        {
            json.SerializerOptions.MaxDepth = limits.JsonDepth;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;

            // A number is a number, and is described as one.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;

            // Source-generated contexts only: a type that no module lists fails loudly instead of falling back on reflection.
            json.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(
                [.. modules.Select(m => (IJsonTypeInfoResolver)m.Json), ProblemJson.Default, LimitsJson.Default]);
        });
        return services;
    }

    /// <summary>Runs before everything else: who calls, problem documents, security headers.</summary>
    public static IApplicationBuilder UsePlatformGuards(this IApplicationBuilder app) =>
        app.UseForwardedHeaders().UseMiddleware<ProblemMiddleware>().UseMiddleware<SiteGuard>();

    /// <summary>Runs between routing and authentication: refuses what an endpoint cannot bear.</summary>
    public static IApplicationBuilder UseOverloadGuard(this IApplicationBuilder app) => app.UseMiddleware<OverloadMiddleware>();

    /// <summary>Runs between authentication and the endpoints: consistency token, idempotency keys, time limit, output caching.</summary>
    public static IApplicationBuilder UsePlatformHttp(this IApplicationBuilder app) =>
        app.UseMiddleware<PageSizeGuard>().UseMiddleware<ConsistencyTokenMiddleware>().UseMiddleware<ActorMiddleware>()
            .UseMiddleware<IdempotencyMiddleware>().UseRequestTimeouts().UseMiddleware<ResponseCacheMiddleware>().UseOutputCache();
}

/// <summary>Lets the events of a request say who acted.</summary>
internal sealed class ActorMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (Guid.TryParse(context.User.FindFirst(Caller.User)?.Value, out var user))
        {
            context.RequestServices.GetRequiredService<CommitScope>().Actor = user;
        }

        return next(context);
    }
}
