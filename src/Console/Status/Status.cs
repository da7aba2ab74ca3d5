using System.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Monolith.Jobs.Contracts;
using Monolith.Media.Contracts;

namespace Monolith.Pages.Status;

/// <summary>How the service is.</summary>
/// <param name="Health">For every visitor: nothing that the health endpoints do not say.</param>
/// <param name="Inside">For administrators; null for others, because it tells an attacker where to begin.</param>
public sealed record StatusView(HealthReport Health, InsideView? Inside)
{
    /// <summary>Tag of the checks whose reason may be told to everyone.</summary>
    public const string Told = "told";

    /// <summary>Why those checks found a fault, by their names.</summary>
    public static IReadOnlyDictionary<string, string> Reasons(HealthReport report) => report.Entries
        .Where(e => e.Value.Status is not HealthStatus.Healthy && e.Value.Description is not null && e.Value.Tags.Contains(Told))
        .ToDictionary(e => e.Key, e => e.Value.Description!, StringComparer.Ordinal); // see Where
}

/// <summary>What this process is made of, and what goes on in the service.</summary>
public sealed record InsideView(
    string Version, Roles Roles, IReadOnlyList<string> Modules, IReadOnlyDictionary<string, string> Adapters,
    IReadOnlyList<KnownNode> Nodes, IReadOnlyList<Heartbeat> Loops, FiguresView? Figures, IReadOnlyList<FollowedStanding> Followed,
    IReadOnlyList<ParkedEvent> Parked);

/// <summary>What the modules counted. Null where the views are older than what this very request wrote.</summary>
/// <param name="Users">Of accounts.</param>
/// <param name="Photos">Of photos.</param>
/// <param name="Jobs">Of jobs.</param>
/// <param name="Age">How old they may be; zero when they are as new as the log.</param>
public sealed record FiguresView(UserStatistics Users, PhotoStatistics Photos, JobStatistics Jobs, TimeSpan Age);

internal static class StatusEndpoint
{
    private const int Days = 7;
    private const int MostParked = 20;

    public static void MapStatus(this IEndpointRouteBuilder pages) =>
        pages.MapGet(
            "/status",
            async (
                Visitor visitor, HealthCheckService health, IMediator mediator, IServiceProvider services,
                CancellationToken cancellationToken) =>
        {
            var report = await health.CheckHealthAsync(cancellationToken);
            var isAdmin = visitor.User is { } user && await mediator.Send(new IsAdmin(user.Id), cancellationToken);
            return Page.Show<StatusPage>(
                new
                {
                    Visitor = visitor,
                    View = new StatusView(report, isAdmin ? await LookInsideAsync(services, mediator, cancellationToken) : null),
                });
        });

    private static async Task<InsideView> LookInsideAsync(
        IServiceProvider services, IMediator mediator, CancellationToken cancellationToken) => new(
        typeof(IModule).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        services.GetRequiredService<Roles>(),
        [.. services.GetServices<IModule>().Select(m => m.Name)],
        services.GetRequiredService<ChosenAdapters>().Urls,
        services.GetRequiredService<Nodes>().All,
        [.. services.GetRequiredService<Heartbeats>().All],
        await CountAsync(services.GetRequiredService<CommitScope>(), mediator, cancellationToken),
        await services.GetRequiredService<Rebuilds>().StandingsAsync(cancellationToken),
        [.. (await services.GetRequiredService<ParkedEvents>().ListAsync(MostParked, cancellationToken)).Select(p => p.Parked)]);

    private static async Task<FiguresView?> CountAsync(CommitScope scope, IMediator mediator, CancellationToken cancellationToken)
    {
        try
        {
            var users = await mediator.Send(new GetUserStatistics(Days), cancellationToken);
            var photos = await mediator.Send(new GetPhotoStatistics(Days), cancellationToken);
            var jobs = await mediator.Send(new GetJobStatistics(Days), cancellationToken);
            return new FiguresView(users, photos, jobs, scope.AgeOfData ?? TimeSpan.Zero);
        }
        catch (NotCaughtUpException)
        {
            return null; // The rest of the page is what one wants to see then.
        }
    }
}
