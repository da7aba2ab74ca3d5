namespace Monolith.Pages;

/// <summary>Shows a page where a browser asks for an address that nothing is mapped to; programs get the problem document.</summary>
internal sealed class NotFoundMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);

        // No endpoint, not just 404: what an endpoint refuses it refuses in its own words.
        if (context is { Response: { HasStarted: false, StatusCode: StatusCodes.Status404NotFound, ContentType: null } } && context.GetEndpoint() is null
            && HttpMethods.IsGet(context.Request.Method) && IsForPerson(context.Request))
        {
            context.Response.Headers.CacheControl = "no-store";
            var visitor = await Visitor.BindAsync(context);
            await Page.Show<NotFoundPage>(new { Visitor = visitor }, StatusCodes.Status404NotFound).ExecuteAsync(context);
        }
    }

    private static bool IsForPerson(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
