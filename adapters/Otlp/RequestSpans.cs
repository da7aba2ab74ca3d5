using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Monolith.Adapters.Otlp;

/// <summary>Says in the span of a request which route it met and how it ended, which ASP.NET Core itself does not.</summary>
internal sealed class RequestSpans : IStartupFilter
{
    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(DescribeAsync); // Around everything else, so that it sees the last word.
        next(app);
    };

    private static async Task DescribeAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            return;
        }

        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        span.SetStatus(status >= StatusCodes.Status500InternalServerError ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        span.DisplayName = $"{span.GetTagItem("http.request.method")}"; // One that is known: what else a caller writes is "_OTHER".
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            var path = route.Length > 1 ? route.TrimEnd('/') : route; // What groups map as "/" has one more at its end.
            span.SetTag("http.route", path);
            span.DisplayName += $" {path}";
        }
    }
}
