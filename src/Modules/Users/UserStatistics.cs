using Monolith.Users.Contracts;

namespace Monolith.Users;

/// <summary>Counts accounts, of one day or altogether. No personal data: a number stays when a person goes.</summary>
internal sealed record AccountCount(long Opened);

internal sealed class AccountStatistics : FollowedProjection<AccountCount>
{
    public const string ViewName = "users.statistics";
    public const string Total = "total";

    public AccountStatistics()
    {
        On<User.Registered>((_, _) => Total, (view, _) => new AccountCount((view?.Opened ?? 0) + 1));
        On<User.Registered>((_, stored) => DayKeys.Of(stored), (view, _) => new AccountCount((view?.Opened ?? 0) + 1));
    }

    public override string Name => ViewName;

    public override IReadOnlyList<IndexEntry> Entries(string key, AccountCount view) => DayKeys.EntriesOf(key);
}

internal sealed class GetUserStatisticsHandler(FollowedViews views) : IRequestHandler<GetUserStatistics, UserStatistics>
{
    public async Task<UserStatistics> Handle(GetUserStatistics request, CancellationToken cancellationToken)
    {
        var total = await views.FindAsync<AccountCount>(AccountStatistics.ViewName, AccountStatistics.Total, cancellationToken);
        var days = await views.QueryAsync<AccountCount>(AccountStatistics.ViewName, DayKeys.Latest(request.Days), cancellationToken);
        return new UserStatistics(
            total.Sum(t => t.Opened),
            DayKeys.Merge(days, request.Days, (day, counts) => new SignUps(day, counts.Sum(c => c.Opened))));
    }
}

internal static class GetUserStatisticsEndpoint
{
    public static void MapGetUserStatistics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/admin/statistics/users", async (IMediator mediator, CancellationToken cancellationToken) =>
            Results.Ok(await mediator.Send(new GetUserStatistics(), cancellationToken)))
        .RequireAuthorization(Caller.AdminPolicy)
        .WithTags("Users")
        .WithName(nameof(GetUserStatistics))
        .WithSummary("Count accounts by day")
        .Produces<UserStatistics>()
        .ShowsAge();
}
