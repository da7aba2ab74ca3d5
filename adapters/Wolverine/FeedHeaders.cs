using System.Globalization;

namespace Monolith.Adapters.Wolverine;

/// <summary>What goes with the body of a message, as text, over every broker alike. docs/receiving.md explains each.</summary>
internal static class FeedHeaders
{
    public const string ContentType = "application/json";

    /// <summary>Lists the headers of a message.</summary>
    public static IEnumerable<(string Name, string Value)> Of(FeedMessage message)
    {
        yield return ("id", $"{message.Id}");
        yield return ("type", message.Type);
        yield return ("store", message.Store);
        yield return ("shard", message.Shard.ToString(CultureInfo.InvariantCulture));
        yield return ("position", message.Position.ToString(CultureInfo.InvariantCulture));
        yield return ("after", message.After.ToString(CultureInfo.InvariantCulture));
        yield return ("at", message.At.ToString("O", CultureInfo.InvariantCulture));
        if (message.TraceParent is { } parent)
        {
            yield return ("traceparent", parent);
        }
    }
}
