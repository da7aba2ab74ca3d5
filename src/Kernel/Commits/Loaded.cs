using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>An aggregate as a unit of work sees it: its state with the events that were decided so far.</summary>
public sealed class Loaded<T> : ILoaded
    where T : class, IAggregate<T>
{
    private static readonly bool _isPersonal = PersonalFields.AreIn(typeof(T));

    private readonly List<object> _events = [];

    internal Loaded(StreamId stream, long version, T state) => (Stream, Version, State) = (stream, version, state);

    /// <summary>Where its events lie.</summary>
    public StreamId Stream { get; }

    /// <summary>Of the stored stream, without what was decided since; 0 when there is none.</summary>
    public long Version { get; }

    /// <summary>With what was decided since: the version that the commit will store.</summary>
    public long CurrentVersion => Version + _events.Count;

    /// <summary>With what was decided since.</summary>
    public T State { get; private set; }

    /// <summary>Whether the stream holds any event, stored or decided.</summary>
    public bool Exists => CurrentVersion > 0;

    /// <summary>Makes the commit depend on this aggregate not having moved, though it is only read.</summary>
    public void Require() => ((ILoaded)this).IsChecked = true;

    IReadOnlyList<object> ILoaded.Events => _events;

    bool ILoaded.IsChecked { get; set; }

    bool ILoaded.IsPersonal => _isPersonal;

    object ILoaded.State => State;

    Guid? ILoaded.Subject => T.SubjectOf(Stream, State);

    DocumentWrite ILoaded.StateDocument(StoredJson json) =>
        new(T.Kind, Stream.Key, Stream.Bucket, json.Write(State), CurrentVersion) { Entries = T.Entries(Stream, State) };

    /// <summary>Adds what was decided; the state moves on with it.</summary>
    public void Append(params ReadOnlySpan<object> events)
    {
        foreach (var @event in events)
        {
            State = State.Apply(@event);
            _events.Add(@event);
        }
    }
}

/// <summary>What a unit of work needs of any <see cref="Loaded{T}"/>.</summary>
internal interface ILoaded
{
    StreamId Stream { get; }

    long Version { get; }

    IReadOnlyList<object> Events { get; }

    object State { get; }

    bool IsChecked { get; set; }

    /// <summary>Whether its documents are sealed.</summary>
    bool IsPersonal { get; }

    /// <summary>Who owns it; null for no one.</summary>
    Guid? Subject { get; }

    DocumentWrite StateDocument(StoredJson json);
}
