using System.Globalization;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using Wolverine;
using Wolverine.RabbitMQ.Internal;

namespace Monolith.Receivers;

/// <summary>An announcement as it comes, of whatever type.</summary>
public sealed record Announcement(string Store, int Shard, long Position, long After, string Type, JsonElement Body);

/// <summary>
/// Reads announcements of all types as one: those that say nothing to this system move its position on, too.
/// </summary>
public sealed class AnnouncementMapper : IRabbitMqEnvelopeMapper
{
    /// <inheritdoc />
    public void MapIncomingToEnvelope(Envelope envelope, IReadOnlyBasicProperties incoming)
    {
        envelope.Id = Guid.Parse(incoming.MessageId!); // Each announcement has one, and its headers.
        envelope.ContentType = incoming.ContentType;
        envelope.SetMessageType<Announcement>();
        envelope.Message = new Announcement(
            Text("store"), (int)Number("shard"), Number("position"), Number("after"), Text("type"),
            JsonSerializer.Deserialize<JsonElement>(envelope.Data));

        string Text(string header) => Encoding.UTF8.GetString((byte[])incoming.Headers![header]!); // See above.

        long Number(string header) => long.Parse(Text(header), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc />
    public void MapEnvelopeToOutgoing(Envelope envelope, IBasicProperties outgoing) => throw new NotSupportedException();
}
