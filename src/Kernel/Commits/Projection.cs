using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Commits;

/// <summary>Folds the events of one aggregate into a document of its own, in the same commit as the events.</summary>
public interface IProjection
{
    /// <summary>Kind of the documents it makes: <c>users.profile.v1</c>. Change it when the fold changes.</summary>
    string Kind { get; }

    /// <summary>Category of the streams it follows: <c>user</c>. A document has the key of its stream.</summary>
    string Category { get; }

    /// <summary>Folds more events into a document.</summary>
    /// <param name="json">Reads and writes documents.</param>
    /// <param name="body">The document so far; null before the first event.</param>
    /// <param name="events">One or more, in order.</param>
    /// <returns>The document from now on, with by what it can be found; a null body when there is none.</returns>
    (byte[]? Body, IReadOnlyList<IndexEntry> Entries) Fold(StoredJson json, byte[]? body, IEnumerable<object> events);
}

/// <inheritdoc />
public abstract class Projection<TView> : IProjection
    where TView : class
{
    /// <inheritdoc />
    public abstract string Kind { get; }

    /// <inheritdoc />
    public abstract string Category { get; }

    /// <summary>
    /// The view after one more event; null when there is none (any more). Pure, and tolerant of events it does not care for.
    /// </summary>
    public abstract TView? Apply(TView? view, object @event);

    /// <summary>By what a view can be found; by nothing, unless it says so.</summary>
    public virtual IReadOnlyList<IndexEntry> Entries(TView view) => [];

    /// <inheritdoc />
    public (byte[]? Body, IReadOnlyList<IndexEntry> Entries) Fold(StoredJson json, byte[]? body, IEnumerable<object> events)
    {
        var view = events.Aggregate(body is null ? null : json.Read<TView>(body), Apply);
        return view is null ? (null, []) : (json.Write(view), Entries(view));
    }
}
