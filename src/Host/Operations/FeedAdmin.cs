using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Host.Operations;

/// <summary>Gives a receiver of the feed the announcements that it missed. docs/receiving.md tells when to ask.</summary>
internal static class FeedAdmin
{
    public static void MapFeedAdmin(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/admin/feed", async (
            [Description("Number of the shard; 0 when it is left out.")]
            [Range(0, LogNumber.Shards - 1)] int? shard,
            [Description("The position that the receiver has; 0 when it is left out, the beginning.")]
            long? after,
            [Range(1, PageRequest.MaxLimit)] int? limit, FeedLog log, CancellationToken cancellationToken) =>
        {
            if (limit is < 1 or > PageRequest.MaxLimit)
            {
                return (PlatformErrors.Malformed with { Detail = $"limit must be from 1 to {PageRequest.MaxLimit}." }).ToProblem();
            }

            if (after < 0)
            {
                return (PlatformErrors.Malformed with { Detail = "after must be 0 or a position." }).ToProblem();
            }

            return await log.ReadAsync(shard ?? 0, after ?? 0, limit ?? PageRequest.DefaultLimit, cancellationToken) is { } page
                ? Results.Json(FeedAnswer.Of(shard ?? 0, page), FeedJson.Default.FeedAnswer)
                : PlatformErrors.NotFound.ToProblem();
        })
        .RequireAuthorization(Caller.AdminPolicy)
        .WithName("ListAnnouncements")
        .WithTags(EndpointForm.OperationsTag)
        .WithSummary("List what a feed announced, or will")
        .Produces<FeedAnswer>()
        .Refuses(PlatformErrors.NotFound);
}

/// <summary>A page of the announcements of a shard.</summary>
/// <param name="Store">Names the log that the positions belong to; null where no feed ever ran.</param>
/// <param name="Shard">Number of the shard.</param>
/// <param name="Through">There is no other announcement up to this position: where to go on.</param>
/// <param name="Announcements">In their order.</param>
internal sealed record FeedAnswer(string? Store, int Shard, long Through, IReadOnlyList<AnnouncementAnswer> Announcements)
{
    public static FeedAnswer Of(int shard, FeedPage page) =>
        new(page.Store, shard, page.Through, [.. page.Messages.Select(AnnouncementAnswer.Of)]);
}

/// <summary>An announcement as the feed sends it.</summary>
/// <param name="Id">The same wherever it is seen.</param>
/// <param name="Position">Place in the log of the shard.</param>
/// <param name="After">Position of the announcement before it; for the first of a page the position that was asked for.</param>
/// <param name="Type">Its name, which tells the shape of the body.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Traceparent">The span that caused it; null where none is exported.</param>
/// <param name="Body">What it says.</param>
internal sealed record AnnouncementAnswer(
    Guid Id, long Position, long After, string Type, DateTimeOffset At, string? Traceparent, AnnouncementBody Body)
{
    public static AnnouncementAnswer Of(FeedMessage message) => new(
        message.Id, message.Position, message.After, message.Type, message.At, message.TraceParent,
        JsonSerializer.Deserialize(message.Body.Span, FeedJson.Default.AnnouncementBody)!); // An announcement is an object.
}

/// <summary>What an announcement says: an object whose fields follow from its type.</summary>
internal sealed class AnnouncementBody
{
    /// <summary>As the module wrote them.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Fields { get; set; } = []; // The generator cannot set what is set once.
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FeedAnswer))]
internal sealed partial class FeedJson : JsonSerializerContext;
