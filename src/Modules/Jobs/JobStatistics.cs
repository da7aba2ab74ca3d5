using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

/// <summary>Counts what happened to jobs, on one day or altogether. Where they stand follows from that.</summary>
internal sealed record JobCount(long Scheduled, long Succeeded, long Died, long Retried, long TakenBack);

internal sealed class JobCounts : FollowedProjection<JobCount>
{
    public const string ViewName = "jobs.statistics";
    public const string Total = "total";

    private static readonly JobCount _none = new(0, 0, 0, 0, 0);

    public JobCounts()
    {
        Count<Job.Scheduled>(view => view with { Scheduled = view.Scheduled + 1 });
        Count<Job.Succeeded>(view => view with { Succeeded = view.Succeeded + 1 });
        Count<Job.Died>(view => view with { Died = view.Died + 1 });
        Count<Job.Retried>(view => view with { Retried = view.Retried + 1 });
        Count<Job.Erased>((view, e) => e.WasQueued ? view with { TakenBack = view.TakenBack + 1 } : view);
    }

    public override string Name => ViewName;

    // 2: jobs that were taken back because their owner was erased.
    public override int Version => 2;

    public override IReadOnlyList<IndexEntry> Entries(string key, JobCount view) => DayKeys.EntriesOf(key);

    private void Count<TEvent>(Func<JobCount, JobCount> count)
        where TEvent : class => Count<TEvent>((view, _) => count(view));

    private void Count<TEvent>(Func<JobCount, TEvent, JobCount> count)
        where TEvent : class
    {
        On<TEvent>((_, _) => Total, (view, e) => count(view ?? _none, e));
        On<TEvent>((_, stored) => DayKeys.Of(stored), (view, e) => count(view ?? _none, e));
    }
}

internal sealed class GetJobStatisticsHandler(FollowedViews views) : IRequestHandler<GetJobStatistics, JobStatistics>
{
    public async Task<JobStatistics> Handle(GetJobStatistics request, CancellationToken cancellationToken)
    {
        var total = await views.FindAsync<JobCount>(JobCounts.ViewName, JobCounts.Total, cancellationToken);
        var days = await views.QueryAsync<JobCount>(JobCounts.ViewName, DayKeys.Latest(request.Days), cancellationToken);
        return new JobStatistics(
            total.Sum(t => t.Scheduled + t.Retried - t.Succeeded - t.Died - t.TakenBack),
            total.Sum(t => t.Succeeded),
            total.Sum(t => t.Died - t.Retried),
            DayKeys.Merge(days, request.Days, (day, counts) => new JobDay(
                day, counts.Sum(c => c.Scheduled), counts.Sum(c => c.Succeeded), counts.Sum(c => c.Died), counts.Sum(c => c.Retried))));
    }
}

internal static class GetJobStatisticsEndpoint
{
    public static void MapGetJobStatistics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/admin/statistics/jobs", async (IMediator mediator, CancellationToken cancellationToken) =>
            Results.Ok(await mediator.Send(new GetJobStatistics(), cancellationToken)))
        .RequireAuthorization(Caller.AdminPolicy)
        .WithTags("Jobs")
        .WithName(nameof(GetJobStatistics))
        .WithSummary("Count jobs by state and day")
        .Produces<JobStatistics>()
        .ShowsAge();
}
