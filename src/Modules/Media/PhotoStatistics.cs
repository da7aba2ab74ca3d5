using Monolith.Media.Contracts;

namespace Monolith.Media;

/// <summary>Counts photos, of one day or altogether.</summary>
internal sealed record PhotoCount(long Uploaded, long Deleted, long Variants);

internal sealed class PhotoCounts : FollowedProjection<PhotoCount>
{
    public const string ViewName = "media.statistics";
    public const string Total = "total";

    private static readonly PhotoCount _none = new(0, 0, 0);

    public PhotoCounts()
    {
        Count<Photo.Uploaded>(view => view with { Uploaded = view.Uploaded + 1 });
        Count<Photo.Deleted>(view => view with { Deleted = view.Deleted + 1 });
        Count<Photo.VariantMade>(view => view with { Variants = view.Variants + 1 });
    }

    public override string Name => ViewName;

    public override IReadOnlyList<IndexEntry> Entries(string key, PhotoCount view) => DayKeys.EntriesOf(key);

    private void Count<TEvent>(Func<PhotoCount, PhotoCount> count)
        where TEvent : class
    {
        On<TEvent>((_, _) => Total, (view, _) => count(view ?? _none));
        On<TEvent>((_, stored) => DayKeys.Of(stored), (view, _) => count(view ?? _none));
    }
}

internal sealed class GetPhotoStatisticsHandler(FollowedViews views) : IRequestHandler<GetPhotoStatistics, PhotoStatistics>
{
    public async Task<PhotoStatistics> Handle(GetPhotoStatistics request, CancellationToken cancellationToken)
    {
        var total = await views.FindAsync<PhotoCount>(PhotoCounts.ViewName, PhotoCounts.Total, cancellationToken);
        var days = await views.QueryAsync<PhotoCount>(PhotoCounts.ViewName, DayKeys.Latest(request.Days), cancellationToken);
        return new PhotoStatistics(
            total.Sum(t => t.Uploaded), total.Sum(t => t.Deleted), total.Sum(t => t.Variants),
            DayKeys.Merge(days, request.Days, (day, counts) => new PhotoDay(
                day, counts.Sum(c => c.Uploaded), counts.Sum(c => c.Deleted), counts.Sum(c => c.Variants))));
    }
}

internal static class GetPhotoStatisticsEndpoint
{
    public static void MapGetPhotoStatistics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/admin/statistics/media", async (IMediator mediator, CancellationToken cancellationToken) =>
            Results.Ok(await mediator.Send(new GetPhotoStatistics(), cancellationToken)))
        .RequireAuthorization(Caller.AdminPolicy)
        .WithTags("Media")
        .WithName(nameof(GetPhotoStatistics))
        .WithSummary("Count photos by day")
        .Produces<PhotoStatistics>()
        .ShowsAge();
}
