using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Events;

/// <summary>State folded from a stream: immutable and pure. It decides and returns events; no I/O, no clock, no chance.</summary>
public interface IAggregate<TSelf>
    where TSelf : class, IAggregate<TSelf>
{
    /// <summary>Category of its streams: <c>user</c>. No other aggregate has it.</summary>
    static abstract string Category { get; }

    /// <summary>
    /// Kind of its state document: <c>users.user.v1</c>. Change it when the fold changes, and the state is rebuilt from the stream.
    /// </summary>
    static abstract string Kind { get; }

    /// <summary>The state before any event.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>The state after one more event.</summary>
    TSelf Apply(object @event);

    /// <summary>Says whose it is; no user's by default.</summary>
    /// <remarks>
    /// It lies in that user's place, no new one can be begun once the user is erased, and what is
    /// <see cref="PersonalAttribute">personal</see> in it is sealed by the user's key.
    /// </remarks>
    /// <param name="stream">Which one.</param>
    /// <param name="state">After one event at least.</param>
    static virtual Guid? SubjectOf(StreamId stream, TSelf state) => null;

    /// <summary>
    /// By what its state document can be found; by nothing, unless it says so. Never by anything personal: entries are not sealed.
    /// </summary>
    /// <param name="stream">Which one.</param>
    /// <param name="state">After one event at least.</param>
    static virtual IReadOnlyList<IndexEntry> Entries(StreamId stream, TSelf state) => [];
}

/// <summary>Names a stored event permanently: <c>module.fact.v1</c>. The name of the class may change, this one may not.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EventTypeAttribute(string name) : Attribute
{
    /// <summary>The stored name.</summary>
    public string Name { get; } = name;
}

/// <summary>An aggregate was handed an event that is not one of its own.</summary>
public sealed class UnknownEventException(Type aggregate, object @event)
    : InvalidOperationException($"{aggregate.Name} does not know {@event.GetType().Name}.");
