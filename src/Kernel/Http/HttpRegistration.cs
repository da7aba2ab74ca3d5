using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Events;

namespace Monolith.Kernel.Http;

/// <summary>Registers what every endpoint shares.</summary>
public static class HttpRegistration
{
    /// <summary>Limits that hold before an endpoint looks at a request (ACCEPTANCE K-6).</summary>
    public static class Limits
    {
        /// <summary>Bytes of a body, where an endpoint does not say otherwise.</summary>
        public const long Body = 1 << 20;

        /// <summary>Bytes of all headers together.</summary>
        public const int Headers = 16 << 10;

        /// <summary>Bytes of the request line.</summary>
        public const int RequestLine = 8 << 10;

        /// <summary>How long a request may take.</summary>
        public static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);
    }

    /// <summary>Registers limits, JSON, output caching and cursors.</summary>
    public static IServiceCollection AddPlatformHttp(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddSingleton<Cursors>();
        services.AddOutputCache();
        services.AddSingleton<IOutputCacheStore, OutputCacheStore>();
        services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy { Timeout = Limits.Duration });
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = Limits.Body;
            o.Limits.MaxRequestHeadersTotalSize = Limits.Headers;
            o.Limits.MaxRequestLineSize = Limits.RequestLine;
        });
        services.AddOptions<JsonOptions>().Configure<IEnumerable<ModuleTypes>>((json, modules) =>
        {
            json.SerializerOptions.MaxDepth = 32;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;

            // Source-generated contexts only: a type that no module lists fails loudly instead of falling back on reflection.
            json.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine([.. modules.Select(m => (IJsonTypeInfoResolver)m.Json), ProblemJson.Default]);
        });
        return services;
    }

    /// <summary>Runs before everything else: problem documents, security headers.</summary>
    public static IApplicationBuilder UsePlatformGuards(this IApplicationBuilder app) =>
        app.UseMiddleware<ProblemMiddleware>().UseMiddleware<SiteGuard>();

    /// <summary>Runs between authentication and the endpoints: consistency token, idempotency keys, time limit, output caching.</summary>
    public static IApplicationBuilder UsePlatformHttp(this IApplicationBuilder app) =>
        app.UseMiddleware<ConsistencyTokenMiddleware>().UseMiddleware<ActorMiddleware>().UseMiddleware<IdempotencyMiddleware>()
            .UseRequestTimeouts().UseOutputCache();
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
