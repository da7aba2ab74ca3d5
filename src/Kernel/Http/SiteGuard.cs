using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Http;

/// <summary>
/// Puts the security headers on every answer, says what caches may do with it, and refuses requests that another site makes in the caller's
/// name.
/// </summary>
internal sealed class SiteGuard(RequestDelegate next, IEdge edge)
{
    // Scripts, styles and pictures of our own only, these also from the edge; no site may frame us; forms go nowhere else.
    private readonly string _contentSecurityPolicy =
        $"default-src 'self'; img-src 'self' data:{(edge.Terms.Url is { } url ? $" {url.GetLeftPart(UriPartial.Authority)}" : "")}; "
        + "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        // At the last moment, because a failure clears what was set before.
        context.Response.OnStarting(
            state =>
            {
                var response = (HttpResponse)state;
                SharedCopies.Seal(response);
                var headers = response.Headers;
                if (response.HttpContext.Request.IsHttps)
                {
                    headers.StrictTransportSecurity = "max-age=31536000"; // a year, as browsers want it at least for their lists
                }

                headers.XContentTypeOptions = "nosniff";
                headers.ContentSecurityPolicy = response.HttpContext.Features.Get<PagePolicy>() is { } own
                    ? $"{_contentSecurityPolicy}; script-src {own.Scripts}; style-src {own.Styles}"
                    : _contentSecurityPolicy;
                headers["Referrer-Policy"] = "same-origin";
                return Task.CompletedTask;
            },
            context.Response);
        return ChangesSomething(context.Request) && HasCookie(context.Request) && IsFromElsewhere(context.Request)
            ? PlatformErrors.Csrf.ToProblem().ExecuteAsync(context)
            : next(context);
    }

    private static bool ChangesSomething(HttpRequest request) =>
        !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method);

    // A bearer token is put there by the client's own code, never by a browser on behalf of a foreign page.
    private static bool HasCookie(HttpRequest request) => request.Headers.Cookie.Count > 0 && request.Headers.Authorization.Count == 0;

    private static bool IsFromElsewhere(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is not ("same-origin" or "none");
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
