using System.Security.Claims;
using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Jobs;

/// <summary>Shows a job as it is stored. Refuses with <c>not-found</c>, also what belongs to another user.</summary>
/// <param name="JobId">Which one.</param>
/// <param name="Owner">Who asks; null for an administrator, who may see all.</param>
internal sealed record GetJob(JobId JobId, UserId? Owner) : IRequest<Result<Document>>;

internal sealed class GetJobHandler(Views views) : IRequestHandler<GetJob, Result<Document>>
{
    public async Task<Result<Document>> Handle(GetJob request, CancellationToken cancellationToken) =>
        await views.FindAsync(JobViewProjection.ViewKind, request.JobId, cancellationToken) is { } job
        && (request.Owner is null || views.Read<JobView>(job).Owner == request.Owner)
            ? job
            : PlatformErrors.NotFound;
}

internal static class GetJobEndpoint
{
    public static void MapGetJob(this IEndpointRouteBuilder routes) => routes
        .MapGet(
            "/{id:guid}",
            async (JobId id, ClaimsPrincipal caller, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            (
                await mediator.Send(new GetJob(id, caller.UserId<UserId>()), cancellationToken)).ToHttp(job =>
                    ETags.Json(http, job.Body, job.Version)))
        .CacheUntilStreamChanges(Job.Category)
        .WithName(nameof(GetJob))
        .WithSummary("Show one of my jobs")
        .Produces<JobView>()
        .ShowsVersion()
        .Refuses(PlatformErrors.NotFound);

    public static void MapGetAnyJob(this IEndpointRouteBuilder routes) => routes
        .MapGet("/{id:guid}", async (JobId id, HttpRequest http, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new GetJob(id, Owner: null), cancellationToken)).ToHttp(job => ETags.Json(http, job.Body, job.Version)))
        .CacheUntilStreamChanges(Job.Category)
        .WithName("GetAnyJob")
        .WithSummary("Show a job")
        .Produces<JobView>()
        .ShowsVersion()
        .Refuses(PlatformErrors.NotFound);
}
