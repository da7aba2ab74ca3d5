namespace Monolith.Pages;

/// <summary>Shows a page where a browser asks for an address that nothing is mapped to; programs get the problem document.</summary>
internal sealed class NotFoundMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);

        // No endpoint, not just 404: what an endpoint refuses it refuses in its own words.
        if (context is { Response: { HasStarted: false, StatusCode: StatusCodes.Status404NotFound, ContentType: null } }
            && context.GetEndpoint() is null
            && HttpMethods.IsGet(context.Request.Method) && IsForPerson(context.Request))
        {
            // Both words: the form to log out would add what is missing, with a warning in the log for each such page.
            context.Response.Headers.CacheControl = "no-cache, no-store";
            var visitor = await Visitor.BindAsync(context);
            await Page.Show<NotFoundPage>(new { Visitor = visitor }, StatusCodes.Status404NotFound).ExecuteAsync(context);
        }
    }

    private static bool IsForPerson(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
