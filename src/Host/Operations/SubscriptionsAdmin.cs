using System.Security.Claims;
using System.Text.Json.Serialization;

namespace Monolith.Host.Operations;

/// <summary>
/// Lets administrators look after what follows the log: where it stands, what was parked, and rebuilds of views. docs/subscriptions.md
/// explains it.
/// </summary>
internal static partial class SubscriptionsAdmin
{
    private const int MostParked = 1_000;

    public static void MapSubscriptionsAdmin(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/v1/admin/subscriptions").RequireAuthorization(Caller.AdminPolicy)
            .WithTags(EndpointForm.OperationsTag);
        admin.MapGet(
            "",
            async (Heartbeats heartbeats, LagWatch watch, Rebuilds rebuilds, ParkedEvents parked, CancellationToken cancellationToken) =>
        {
            await watch.MeasureAsync(cancellationToken);
            return Results.Json(
                new SubscriptionsAnswer(
                    [.. heartbeats.All.Where(h => h.Shard is not null).Select(LoopAnswer.Of)],
                    await rebuilds.StandingsAsync(cancellationToken),
                    (await parked.ListAsync(MostParked, cancellationToken)).Count),
                SubscriptionsJson.Default.SubscriptionsAnswer);
        })
            .WithName("ListSubscriptions")
            .WithSummary("Show how far everything is that follows the log")
            .Produces<SubscriptionsAnswer>();
        admin.MapGet("/parked", async (ParkedEvents parked, CancellationToken cancellationToken) => Results.Json(
            [.. (await parked.ListAsync(MostParked, cancellationToken)).Select(p => new ParkedAnswer(p.Shard, p.Parked))],
            SubscriptionsJson.Default.IReadOnlyListParkedAnswer))
            .WithName("ListParkedEvents")
            .WithSummary("List the events that could not be handled")
            .Produces<IReadOnlyList<ParkedAnswer>>();
        admin.MapPost("/{name}/parked/{shard:int}/{position:long}/replay", ReplayAsync)
            .WithName("ReplayParkedEvent")
            .WithSummary("Handle a parked event again")
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(PlatformErrors.NotFound, PlatformErrors.ReplayFailed, PlatformErrors.NeedsRebuild);
        admin.MapPost(
            "/{name}/rebuild",
            async (string name, ClaimsPrincipal caller, Rebuilds rebuilds, ILogger<Rebuilds> log, CancellationToken cancellationToken) =>
        {
            LogAsked(log, ActorOf(caller), "rebuild", name);
            return await rebuilds.StartAsync(name, cancellationToken)
                ? Results.Accepted("/v1/admin/subscriptions")
                : PlatformErrors.NotFound.ToProblem();
        })
            .WithName("RebuildViews")
            .WithSummary("Build the views of a projection again beside the live ones")
            .Produces(StatusCodes.Status202Accepted)
            .Refuses(PlatformErrors.NotFound);
        admin.MapDelete(
            "/{name}/rebuild",
            async (string name, ClaimsPrincipal caller, Rebuilds rebuilds, ILogger<Rebuilds> log, CancellationToken cancellationToken) =>
        {
            LogAsked(log, ActorOf(caller), "stop building", name);
            return await rebuilds.CancelAsync(name, cancellationToken) ? Results.NoContent() : PlatformErrors.NotFound.ToProblem();
        })
            .WithName("CancelRebuild")
            .WithSummary("Stop building the views of a projection")
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(PlatformErrors.NotFound);
    }

    private static async Task<IResult> ReplayAsync(
        string name, int shard, long position, ClaimsPrincipal caller, ParkedEvents parked, ILogger<ParkedEvents> log,
        CancellationToken cancellationToken)
    {
        LogAsked(log, ActorOf(caller), $"replay position {position} of shard {shard} to", name);
        var outcome = await parked.ReplayAsync(name, shard, position, ActorOf(caller), cancellationToken);
        return outcome.Replay switch
        {
            Replay.Handled => Results.NoContent(),
            // it comes with the failure
            Replay.FailedAgain => (PlatformErrors.ReplayFailed with { Detail = outcome.Parked!.Reason }).ToProblem(),
            Replay.NeedsRebuild => PlatformErrors.NeedsRebuild.ToProblem(),
            _ => PlatformErrors.NotFound.ToProblem(),
        };
    }

    private static Guid? ActorOf(ClaimsPrincipal caller) => Guid.TryParse(caller.FindFirstValue(Caller.User), out var id) ? id : null;

    [LoggerMessage(LogLevel.Information, "Administrator {UserId} asked to {What} {Subscription}")]
    private static partial void LogAsked(ILogger log, Guid? userId, string what, string subscription);
}

/// <summary>How far everything is that follows the log.</summary>
/// <param name="Subscriptions">Those of this process; others have theirs.</param>
/// <param name="Projections">Where each followed projection stands, on any node.</param>
/// <param name="Parked">How many events are parked; 1,000 a shard at most are counted.</param>
internal sealed record SubscriptionsAnswer(
    IReadOnlyList<LoopAnswer> Subscriptions, IReadOnlyList<FollowedStanding> Projections, int Parked);

/// <summary>One loop of this process.</summary>
/// <param name="Loop">Name and shard.</param>
/// <param name="Position">How far it came; null while another node follows.</param>
/// <param name="Lag">Positions behind the head of the log.</param>
/// <param name="SilentSeconds">Since its last sign of life.</param>
/// <param name="StalledSeconds">For how long it has been behind without getting any further.</param>
/// <param name="IsWell">Alive and not stuck.</param>
internal sealed record LoopAnswer(string Loop, long? Position, long Lag, double SilentSeconds, double StalledSeconds, bool IsWell)
{
    public static LoopAnswer Of(Heartbeat loop) =>
        new(loop.Loop, loop.Position, loop.Lag, loop.Silence.TotalSeconds, loop.Stalled.TotalSeconds, loop.IsAlive && !loop.IsStuck);
}

/// <summary>An event that could not be handled, and where it lies.</summary>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Event">What is known of it.</param>
internal sealed record ParkedAnswer(int Shard, ParkedEvent Event);

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubscriptionsAnswer))]
[JsonSerializable(typeof(IReadOnlyList<ParkedAnswer>))]
internal sealed partial class SubscriptionsJson : JsonSerializerContext;
