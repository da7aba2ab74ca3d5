using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Folds the events of many streams into views, a moment after they were stored; one subscription per shard does it.</summary>
public abstract class FollowedProjection
{
    private protected FollowedProjection()
    {
    }

    /// <summary>Permanent, <c>module.what-it-shows</c>: how far it came, and its views, are kept under it.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// From 1. Raise it when the fold changes: the views are then rebuilt beside the old ones, which are read until the new ones are
    /// complete.
    /// </summary>
    public virtual int Version => 1;

    /// <summary>Stored events that it cares for; it never sees others.</summary>
    public abstract IReadOnlyCollection<Type> Events { get; }

    internal abstract ViewFold Over(IReadStore store, string kind, StoredJson json, EventCatalog events);
}

/// <inheritdoc />
public abstract class FollowedProjection<TView> : FollowedProjection
    where TView : class
{
    private readonly Dictionary<Type, List<ViewRule<TView>>> _rules = [];

    /// <inheritdoc />
    public sealed override IReadOnlyCollection<Type> Events => _rules.Keys;

    /// <summary>
    /// By what a view can be found; by nothing but its key, unless it says so. Views of several streams make no unique entries: there is no
    /// caller to refuse.
    /// </summary>
    public virtual IReadOnlyList<IndexEntry> Entries(string key, TView view) => [];

    /// <summary>
    /// Says which view an event changes, and how. Several rules for one event change several views; an event that fails one of them changes
    /// none.
    /// </summary>
    /// <param name="key">Chooses the view, by a short text that is never personal; null for none.</param>
    /// <param name="apply">
    /// The view after the event; it gets null where there is none, and returns null where there is none (any more). Pure.
    /// </param>
    protected void On<TEvent>(Func<TEvent, StoredEvent, string?> key, Func<TView?, TEvent, TView?> apply)
        where TEvent : class
    {
        if (!_rules.TryGetValue(typeof(TEvent), out var rules))
        {
            _rules[typeof(TEvent)] = rules = [];
        }

        rules.Add(new ViewRule<TView>((e, stored) => key((TEvent)e, stored), (view, e) => apply(view, (TEvent)e)));
    }

    internal IReadOnlyList<ViewRule<TView>> RulesOf(Type @event) => _rules[@event];

    internal sealed override ViewFold Over(IReadStore store, string kind, StoredJson json, EventCatalog events) =>
        new ViewFold<TView>(this, store, kind, json, events);
}

/// <summary>Which view an event changes, and how.</summary>
internal sealed record ViewRule<TView>(Func<object, StoredEvent, string?> Key, Func<TView?, object, TView?> Apply);
