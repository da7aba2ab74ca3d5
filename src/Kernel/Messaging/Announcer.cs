using MediatR;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Messaging;

/// <summary>
/// Translates a module's stored events, which are its own, into what it tells other modules. One per module that announces anything.
/// </summary>
public abstract class Announcer
{
    private readonly List<Translation> _translations = [];

    internal IReadOnlyList<Translation> Translations => _translations;

    /// <summary>Announces every event of a type. The translation is pure.</summary>
    protected void On<TEvent, TAnnouncement>(Func<TEvent, StoredEvent, TAnnouncement> translate)
        where TEvent : class
        where TAnnouncement : class, INotification =>
        _translations.Add(new Translation(typeof(TEvent), typeof(TAnnouncement), (@event, stored) => translate((TEvent)@event, stored)));
}

/// <summary>One line of an <see cref="Announcer"/>.</summary>
internal sealed record Translation(Type Event, Type Announcement, Func<object, StoredEvent, INotification> Translate);
