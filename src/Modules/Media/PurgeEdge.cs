using Monolith.Jobs.Contracts;
using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>
/// Removes every copy of a deleted photo from the edge. Waits for an edge that is unavailable for as long as it takes. Repeatable.
/// </summary>
/// <param name="PhotoId">Whose files are gone already, so that the edge cannot fetch them again.</param>
/// <param name="IsSecond">Whether this is the repetition for what was under way to the edge the first time.</param>
[JobType("media.purge-edge.v1", Lane = 1, MaxAttempts = 100, TimeoutSeconds = 120)]
internal sealed record PurgeEdge(PhotoId PhotoId, bool IsSecond) : IJob
{
    /// <summary>Asks for the first purge of a photo.</summary>
    public static ScheduleJob Of(PhotoId photo) => new PurgeEdge(photo, false).At(null);

    /// <summary>Asks for the second.</summary>
    public static ScheduleJob AgainOf(PhotoId photo, DateTimeOffset at) => new PurgeEdge(photo, true).At(at);

    // Without an owner: an erasure, which takes a user's photos off the edge, would remove the jobs before they are done.
    private ScheduleJob At(DateTimeOffset? at) => new(
        JobId.From(Id.Derive(PhotoId.Value, IsSecond ? "purge again" : "purge")), DeploymentJobs.OwnerIn(PhotoId.Bucket()), this,
        PhotoId.ToString(), at);
}

internal static class Purging
{
    /// <summary>Schedules a purge. It has no owner whose erasure could refuse it.</summary>
    public static async Task RequireAsync(this IMediator mediator, ScheduleJob purge, CancellationToken cancellationToken)
    {
        var scheduled = await mediator.Send(purge, cancellationToken);
        if (!scheduled.TryGet(out _, out var refusal))
        {
            throw new InvalidOperationException($"The purge was refused: {refusal.Code}.");
        }
    }
}

internal sealed partial class PurgeEdgeHandler(IEdge edge, IMediator mediator, TimeProvider clock, ILogger<PurgeEdgeHandler> log)
    : IRequestHandler<PurgeEdge, Result<Done>>
{
    public async Task<Result<Done>> Handle(PurgeEdge request, CancellationToken cancellationToken)
    {
        var receipt = await edge.PurgeAsync([ServedImage.KeyOf(request.PhotoId)], cancellationToken);
        LogPurged(request.PhotoId, receipt.At, receipt.Answer);

        // Counted from the answer: the edge may have been unavailable for an hour.
        if (!request.IsSecond && edge.Terms.PurgeAgainAfter is { } later)
        {
            await mediator.RequireAsync(PurgeEdge.AgainOf(request.PhotoId, clock.GetUtcNow() + later), cancellationToken);
        }

        return default(Done);
    }

    [LoggerMessage(LogLevel.Information, "Purged photo {PhotoId} from the edge, which answered at {At:O}: {Answer}")]
    private partial void LogPurged(PhotoId photoId, DateTimeOffset at, string answer);
}
