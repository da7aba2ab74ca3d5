using Monolith.Jobs.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Jobs;

/// <summary>Shows a job as it is stored. Refuses with <c>not-found</c>, also what belongs to somebody else.</summary>
/// <param name="JobId">Which one.</param>
/// <param name="Owner">Who asks; null for an administrator, who may see all.</param>
internal sealed record GetJob(JobId JobId, UserId? Owner) : IRequest<Result<Document>>;

internal sealed class GetJobHandler(Shards shards, StoredJson json) : IRequestHandler<GetJob, Result<Document>>
{
    public async Task<Result<Document>> Handle(GetJob request, CancellationToken cancellationToken)
    {
        var store = shards.Of(request.JobId.Bucket()).Store;
        var document = await store.FindAsync(JobViewProjection.ViewKind, request.JobId.ToString(), cancellationToken);
        var isVisible = document is not null && (request.Owner is null || json.Read<JobView>(document.Body).Owner == request.Owner);
        return isVisible ? document! : PlatformErrors.NotFound;
    }
}

internal static class GetJobEndpoint
{
    public static void MapGetJob(this IEndpointRouteBuilder routes) => routes
        .MapGet("/{id:guid}", (Guid id, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
            AnswerAsync(new GetJob(new JobId(id), http.User.UserId<UserId>()), http, mediator, cancellationToken))
        .CacheUntilStreamChanges("job")
        .WithSummary("Show one of my jobs")
        .Produces<JobView>()
        .ProducesProblem(StatusCodes.Status404NotFound);

    public static void MapGetAnyJob(this IEndpointRouteBuilder routes) => routes
        .MapGet("/{id:guid}", (Guid id, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
            AnswerAsync(new GetJob(new JobId(id), Owner: null), http, mediator, cancellationToken))
        .CacheUntilStreamChanges("job")
        .WithSummary("Show a job")
        .Produces<JobView>()
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<IResult> AnswerAsync(GetJob request, HttpContext http, IMediator mediator, CancellationToken cancellationToken) =>
        (await mediator.Send(request, cancellationToken)).ToHttp(document => ETags.Json(http.Request, document.Body, document.Version));
}
