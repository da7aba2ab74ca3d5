using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Marten;
using Marten.Linq.MatchesSql;

namespace Monolith.Reports.Usage;

/// <summary>What a user did and stores.</summary>
/// <param name="UserId">Of the user.</param>
/// <param name="StoredBytes">Of the originals that are stored now.</param>
/// <param name="Weeks">Those of the asked time in which there was something, the earliest first.</param>
internal sealed record UsageOfUser(Guid UserId, long StoredBytes, IReadOnlyList<UsageWeek> Weeks);

/// <summary>Which part of the report is asked for.</summary>
/// <param name="From">Only weeks that end on or after this day.</param>
/// <param name="To">Only weeks that begin on or before this day.</param>
/// <param name="User">Only this one; null for all.</param>
internal sealed record UsageQuery(DateOnly From, DateOnly To, Guid? User)
{
    /// <summary>Names the list, for cursors.</summary>
    public string List => $"usage {From:O} {To:O} {User}";

    /// <summary>Reads a page of users in the order of their ids, and one more where there are more.</summary>
    public async Task<IReadOnlyList<UsageOfUser>> ReadAsync(
        IReport report, IReportSessions sessions, PageRequest page, CancellationToken cancellationToken)
    {
        var after = page.After is { } id ? Guid.Parse(id) : Guid.Empty; // Signed by us.
        var first = UsageWeek.Of(From);
        var found = await sessions.ReadAsync(
            report,
            async (session, cancelled) => await session.Query<UserUsage>()
                .Where(u => u.LastWeek >= first && u.FirstWeek <= To && u.MatchesSql("d.id > ?", after))
                .Where(u => User == null || u.Id == User)
                .OrderBy(u => u.Id).Take(page.Limit + 1).ToListAsync(cancelled),
            cancellationToken);
        return
        [
            .. found.SelectMany(users => users).OrderBy(u => u.Id).Take(page.Limit + 1)
                .Select(u => new UsageOfUser(u.Id, u.StoredBytes, [.. u.Weeks.Where(w => w.Week >= first && w.Week <= To)])),
        ];
    }
}

internal static class GetUsageEndpoint
{
    public static void MapGetUsage(this IEndpointRouteBuilder routes, IReport report) => routes
        .MapGet($"/v1/admin/reports/{report.Name}", (
            [Description("Only weeks that end on or after this day.")] DateOnly? from,
            [Description("Only weeks that begin on or before this day.")] DateOnly? to,
            [Description("Only this user.")] Guid? user,
            [Range(1, PageRequest.MaxLimit)] int? limit, string? cursor, [FromServices] IReports? reports, Cursors cursors,
            IServiceProvider services, CancellationToken cancellationToken) =>
        {
            var query = new UsageQuery(from ?? DateOnly.MinValue, to ?? DateOnly.MaxValue, user);
            if (query.From > query.To)
            {
                return Task.FromResult((PlatformErrors.Malformed with { Detail = "from must not be after to." }).ToProblem());
            }

            return !cursors.Read(query.List, limit, cursor).TryGet(out var page, out var refusal)
                ? Task.FromResult(refusal.ToProblem())
                : reports is null ? Task.FromResult(PlatformErrors.NoReports.ToProblem())
                : ReadAsync(report, query, page, cursors, services, cancellationToken);
        })
        .RequireAuthorization(Caller.AdminPolicy)
        .WithTags(EndpointForm.ReportsTag)
        .WithName("GetUsage")
        .WithSummary("Show what users did and stored, week by week")
        .Produces<Page<UsageOfUser>>()
        .Refuses(PlatformErrors.Malformed, PlatformErrors.NoReports);

    // What names anything of Marten stands here, so that nothing of it is loaded where there are no reports.
    private static async Task<IResult> ReadAsync(
        IReport report, UsageQuery query, PageRequest page, Cursors cursors, IServiceProvider services, CancellationToken cancellationToken)
    {
        var users = await query.ReadAsync(report, services.GetRequiredService<IReportSessions>(), page, cancellationToken);
        return Results.Ok(cursors.PageOf(query.List, page, users, u => u.UserId.ToString()));
    }
}
