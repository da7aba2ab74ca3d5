using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Monolith.Pages;

/// <summary>What endpoints of pages answer with.</summary>
internal static class Page
{
    /// <summary>Shows a page. The names of the parameters are those of the component.</summary>
    public static IResult Show<TPage>(object parameters, int status = StatusCodes.Status200OK)
        where TPage : IComponent => new RazorComponentResult<TPage>(parameters) { StatusCode = status, PreventStreamingRendering = true };

    /// <summary>Shows a form again with what was wrong.</summary>
    public static IResult Refuse<TPage>(object parameters, Refusal refusal)
        where TPage : IComponent => Show<TPage>(parameters, refusal.Status);

    /// <summary>Sends the browser on with a GET, so that a reload repeats nothing (RFC 9110 §15.4.4).</summary>
    public static IResult GoTo(string path) => new SeeOther(path);

    private sealed class SeeOther(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}

/// <summary>Keeps pages out of every cache: they show what belongs to one person, and hold tokens.</summary>
internal sealed class PageFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store";
        return next(context);
    }
}

/// <summary>A place of ours to go on to.</summary>
internal static class LocalPath
{
    public const string Home = "/";

    /// <summary>The path if it leads nowhere else, the first page otherwise.</summary>
    /// <remarks>Browsers read <c>//host</c> and <c>/\host</c> as another site, and skip control characters on the way.</remarks>
    public static string OrHome(string? path) => path is "/" or ['/', not ('/' or '\\'), ..] && !path.Any(char.IsControl) ? path : Home;

    /// <summary>Adds where to come back to.</summary>
    public static string Via(string page, string back) => back == Home ? page : $"{page}?return={Uri.EscapeDataString(back)}";
}
