namespace Monolith.Pages;

internal static class ProblemsEndpoint
{
    public static void MapProblems(this IEndpointRouteBuilder pages) =>
        pages.MapGet("/problems", (Visitor visitor) => Page.Show<ProblemsPage>(new { Visitor = visitor }));
}
