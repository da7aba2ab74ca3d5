using System.Reflection;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Subscriptions;

namespace Monolith.Kernel.Messaging;

/// <summary>Knows every reaction of every module.</summary>
internal sealed class ReactionCatalog(
    IEnumerable<ModuleTypes> modules, IEnumerable<Announcer> announcers, EventCatalog events, SubjectKeys keys)
{
    private IReadOnlyList<SubscriptionDefinition>? _all;

    /// <summary>Every reaction, as a subscription runs it.</summary>
    public IReadOnlyList<SubscriptionDefinition> All =>
        _all ??= [.. modules.SelectMany(m => m.Assembly.GetTypes()).SelectMany(DefinitionsOf)];

    /// <exception cref="InvalidOperationException">A handler has no name, or what it handles is never announced.</exception>
    private IEnumerable<SubscriptionDefinition> DefinitionsOf(Type handler)
    {
        foreach (var role
            in handler.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(INotificationHandler<>)))
        {
            var announcement = role.GetGenericArguments()[0];
            var reaction = handler.GetCustomAttribute<ReactionAttribute>()
                ?? throw new InvalidOperationException($"{handler} needs a [Reaction] name to keep its place under.");
            var translations = announcers.SelectMany(a => a.Translations).Where(t => t.Announcement == announcement)
                .ToDictionary(t => t.Event);
            if (translations.Count == 0)
            {
                throw new InvalidOperationException($"{handler} waits for {announcement}, which no module announces.");
            }

            yield return new SubscriptionDefinition(
                reaction.Name, [.. translations.Keys.SelectMany(events.EveryNameOf)], reaction.StartsNow,
                Handle(handler, role, translations));
        }
    }

    private Func<StoredEvent, IServiceProvider, CancellationToken, Task> Handle(
        Type handler, Type role, Dictionary<Type, Translation> translations)
    {
        var call = typeof(ReactionCatalog).GetMethod(nameof(CallAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(role.GetGenericArguments()[0])
            .CreateDelegate<Func<object, INotification, CancellationToken, Task>>();
        return async (stored, services, cancellationToken) =>
        {
            var @event = events.Read((await keys.OpenAsync([stored], cancellationToken))[0]);
            var announcement = translations[@event.GetType()].Translate(@event, stored);
            await call(ActivatorUtilities.GetServiceOrCreateInstance(services, handler), announcement, cancellationToken);
        };
    }

    private static Task CallAsync<TAnnouncement>(object handler, INotification announcement, CancellationToken cancellationToken)
        where TAnnouncement : INotification =>
            ((INotificationHandler<TAnnouncement>)handler).Handle((TAnnouncement)announcement, cancellationToken);
}
