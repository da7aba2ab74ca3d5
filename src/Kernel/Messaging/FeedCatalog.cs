using System.Reflection;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Messaging;

/// <summary>Knows which stored events are announced to other systems, and as what.</summary>
internal sealed class FeedCatalog
{
    private readonly Dictionary<Type, (string Name, Translation Translation)> _byEvent = [];
    private readonly EventCatalog _events;
    private readonly StoredJson _json;

    /// <exception cref="InvalidOperationException">
    /// An announcement has no name, two have the same, or an event is announced twice: its position is what names it to receivers.
    /// </exception>
    public FeedCatalog(IEnumerable<Announcer> announcers, EventCatalog events, StoredJson json)
    {
        (_events, _json) = (events, json);
        foreach (var translation in announcers.SelectMany(a => a.Translations))
        {
            var name = translation.Announcement.GetCustomAttribute<AnnouncementAttribute>()?.Name
                ?? throw new InvalidOperationException($"{translation.Announcement} needs an [Announcement] name to be sent under.");
            if (_byEvent.Values.FirstOrDefault(v => v.Name == name && v.Translation.Announcement != translation.Announcement)
                is { Translation: { } other })
            {
                throw new InvalidOperationException($"{translation.Announcement} and {other.Announcement} are both named {name}.");
            }

            if (!_byEvent.TryAdd(translation.Event, (name, translation)))
            {
                throw new InvalidOperationException($"{translation.Event} is announced twice; one announcement can say both.");
            }
        }

        Types = [.. _byEvent.Keys.SelectMany(events.EveryNameOf)];
    }

    /// <summary>Stored types of the events that are announced, former ones included.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>Every announcement by its name.</summary>
    public IEnumerable<(string Name, Type Announcement)> All =>
        _byEvent.Values.Select(v => (v.Name, v.Translation.Announcement)).Distinct();

    /// <summary>Makes what is sent of an event.</summary>
    /// <param name="stored">Of a type that is announced, as it lies in the log.</param>
    /// <param name="store">Names the log.</param>
    /// <param name="shard">Number of its shard.</param>
    /// <param name="after">Position of the announcement before it.</param>
    public FeedMessage MessageOf(StoredEvent stored, string store, int shard, long after)
    {
        // Never opened: what is personal stays here, whatever an announcement has a field for.
        var bare = SubjectKeys.Without(stored);
        var @event = _events.Read(bare);
        var (name, translation) = _byEvent[@event.GetType()];
        return new FeedMessage(
            stored.Id, store, shard, stored.Position, after, name, stored.At, EventMeta.TraceParentOf(stored.Meta),
            _json.WriteObject(translation.Translate(@event, bare)));
    }
}
