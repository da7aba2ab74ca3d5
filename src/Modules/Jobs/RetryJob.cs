using Monolith.Jobs.Contracts;

namespace Monolith.Jobs;

/// <summary>Restarts a dead job with all its attempts. Refuses with <c>not-found</c> and <c>jobs.not-dead</c>.</summary>
internal sealed record RetryJob(JobId JobId) : IRequest<Result<Done>>;

internal sealed partial class RetryJobHandler(UnitOfWork work, StoredJson json, TimeProvider clock, ILogger<RetryJobHandler> log)
    : IRequestHandler<RetryJob, Result<Done>>
{
    public async Task<Result<Done>> Handle(RetryJob request, CancellationToken cancellationToken)
    {
        var job = await work.LoadAsync<Job>(Job.StreamOf(request.JobId), cancellationToken);
        if (!job.Exists)
        {
            return PlatformErrors.NotFound;
        }

        if (!job.State.Retry(clock.GetUtcNow()).TryGet(out var retried, out var refusal))
        {
            return refusal;
        }

        job.Append(retried);
        work.Send(JobMessage.For(job.State, json));
        await work.CommitAsync(cancellationToken);
        LogRetried(request.JobId);
        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "Job {JobId} was restarted")]
    private partial void LogRetried(JobId jobId);
}

internal static class RetryJobEndpoint
{
    public static void MapRetryJob(this IEndpointRouteBuilder routes) => routes
        .MapPost("/{id:guid}/retry", async (JobId id, IMediator mediator, CancellationToken cancellationToken) =>
            (await mediator.Send(new RetryJob(id), cancellationToken)).ToHttp(_ => Results.Accepted($"/v1/admin/jobs/{id}")))
        .WithName(nameof(RetryJob))
        .WithSummary("Restart a dead job")
        .Produces(StatusCodes.Status202Accepted)
        .Refuses(PlatformErrors.NotFound, JobsErrors.NotDead);
}
