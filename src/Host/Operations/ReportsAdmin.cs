using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Monolith.Host.Operations;

/// <summary>Lets administrators look after reports: how far they are, and rebuilds. What a report shows, it maps itself.</summary>
internal static partial class ReportsAdmin
{
    public static void AddReports(this IServiceCollection services, IReadOnlyList<IReport> reports)
    {
        foreach (var report in reports)
        {
            services.AddSingleton(report);
        }

        services.AddOptions<JsonOptions>().Configure<IEnumerable<IReport>>((json, known) =>
        {
            foreach (var report in known)
            {
                json.SerializerOptions.TypeInfoResolverChain.Add(report.Json);
            }
        });
    }

    public static void MapReportsAdmin(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/v1/admin/reports").RequireAuthorization(Caller.AdminPolicy).WithTags(EndpointForm.ReportsTag);
        admin.MapGet("", async ([FromServices] IReports? reports, CancellationToken cancellationToken) => reports is null
            ? PlatformErrors.NoReports.ToProblem()
            : Results.Json(await reports.StandingsAsync(cancellationToken), ReportsJson.Default.IReadOnlyListReportStanding))
            .WithName("ListReports")
            .WithSummary("Show how far reports are")
            .Produces<IReadOnlyList<ReportStanding>>()
            .Refuses(PlatformErrors.NoReports);
        admin.MapPost(
            "/{name}/rebuild",
            async (
                string name, [FromServices] IReports? reports, ClaimsPrincipal caller, ILogger<IReports> log,
                CancellationToken cancellationToken) =>
            {
                if (reports is null)
                {
                    return PlatformErrors.NoReports.ToProblem();
                }

                LogAsked(log, caller.FindFirstValue(Caller.User), name);
                return await reports.RebuildAsync(name, cancellationToken)
                    ? Results.Accepted("/v1/admin/reports")
                    : PlatformErrors.NotFound.ToProblem();
            })
            .WithName("RebuildReport")
            .WithSummary("Build a report again from the first event; it is incomplete until then")
            .Produces(StatusCodes.Status202Accepted)
            .Refuses(PlatformErrors.NotFound, PlatformErrors.NoReports);
    }

    [LoggerMessage(LogLevel.Information, "Administrator {UserId} asked to rebuild the report {Report}")]
    private static partial void LogAsked(ILogger log, string? userId, string report);
}

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ReportStanding>))]
internal sealed partial class ReportsJson : JsonSerializerContext;
