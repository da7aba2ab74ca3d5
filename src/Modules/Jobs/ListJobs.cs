using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Monolith.Jobs;

/// <summary>
/// Lists the jobs of all users, newest first. Refuses with <c>malformed</c> a limit or a cursor that is not of this list.
/// </summary>
/// <param name="State">Only those that stand there; null for all.</param>
/// <param name="Type">Only those of this type; null for all.</param>
/// <param name="Limit">1 to 200; null for 50.</param>
/// <param name="Cursor">From the page before; null for the first page.</param>
internal sealed record ListJobs(string? State, string? Type, int? Limit, string? Cursor) : IRequest<Result<Page<JobView>>>;

internal sealed class ListJobsValidator : AbstractValidator<ListJobs>
{
    public ListJobsValidator()
    {
        RuleFor(r => r.State).Must(s => s is null || JobState.All.Contains(s))
            .WithMessage($"'State' must be one of {string.Join(", ", JobState.All)}.");
        RuleFor(r => r.Type).MaximumLength(200);
    }
}

internal sealed class ListJobsHandler(Views views, Cursors cursors) : IRequestHandler<ListJobs, Result<Page<JobView>>>
{
    public async Task<Result<Page<JobView>>> Handle(ListJobs request, CancellationToken cancellationToken)
    {
        var list = $"jobs {request.State} {request.Type}";
        if (!cursors.Read(list, request.Limit, request.Cursor).TryGet(out var page, out var refusal))
        {
            return refusal;
        }

        var found = await views.QueryAllAsync(
            new DocumentQuery(JobViewProjection.ViewKind, page.Limit + 1)
            {
                Entry = JobViewProjection.EntryOf(request.State, request.Type),
                After = page.After,
                IsDescending = true,
            },
            cancellationToken);
        return cursors.PageOf(list, page, [.. found.Select(views.Read<JobView>)], job => job.Id.ToString());
    }
}

internal static class ListJobsEndpoint
{
    public static void MapListJobs(this IEndpointRouteBuilder routes) => routes
        .MapGet("", async (
            [Description("Only jobs that are in this state.")]
            [AllowedValues(JobState.Queued, JobState.Succeeded, JobState.Dead)] string? state,
            [Description("Only jobs of this type.")] string? type,
            [Range(1, PageRequest.MaxLimit)] int? limit, string? cursor, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new ListJobs(state, type, limit, cursor), cancellationToken)).ToHttp(page => Results.Ok(page)))
        .WithName(nameof(ListJobs))
        .WithSummary("List jobs")
        .Produces<Page<JobView>>()
        .Refuses(PlatformErrors.Malformed, PlatformErrors.Validation);
}
