using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Scalar.AspNetCore;

namespace Monolith.Host.Operations.Description;

/// <summary>
/// The page of the API for people: what there is, and a form that sends a request. Everything that it loads comes from this process.
/// </summary>
internal static partial class ApiReference
{
    /// <param name="routes">Where it is added, at <c>/scalar/</c>.</param>
    /// <param name="description">Where the description is.</param>
    public static void MapApiReference(this IEndpointRouteBuilder routes, string description) =>
        routes.MapScalarApiReference("/scalar", page =>
            {
                page.Title = "API of Monolith";
                page.OpenApiRoutePattern = description;
                page.DisableDefaultFonts();
                page.DisableTelemetry();
                page.DisableAgent();
                page.DisableMcp();
                page.HideDeveloperTools();
                page.HideClientButton();
            })
            .AddEndpointFilter(async (context, next) =>
            {
                var answer = await next(context);
                if (answer is ContentHttpResult { ResponseContent: { } html })
                {
                    context.HttpContext.Features.Set(PolicyOf(html));
                }

                return answer;
            });

    // The page starts by a script of its own text, which is let in by its hash; its library writes styles into the page.
    private static PagePolicy PolicyOf(string html) => new(
        string.Join(' ', InlineScript().Matches(html).Select(script => $"'sha256-{HashOf(script.Groups[1].Value)}'").Prepend("'self'")),
        "'self' 'unsafe-inline'");

    private static string HashOf(string script) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));

    [GeneratedRegex("<script(?![^>]*src=)[^>]*>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex InlineScript();
}
