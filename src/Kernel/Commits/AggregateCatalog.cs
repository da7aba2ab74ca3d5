using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>
/// Knows every aggregate by the category of its streams, and what documents a stream must have, to check or rebuild them.
/// </summary>
public sealed class AggregateCatalog
{
    private readonly Dictionary<string, AggregateType> _types = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">
    /// Two aggregates have the same category, or two documents of one stream the same kind.
    /// </exception>
    public AggregateCatalog(
        IEnumerable<ModuleTypes> modules, IEnumerable<IProjection> projections, EventCatalog events, SubjectKeys keys, StoredJson json)
    {
        var views = projections.ToLookup(p => p.Category, StringComparer.Ordinal);
        foreach (var aggregate in modules.SelectMany(m => m.Assembly.GetTypes()).Where(IsAggregate))
        {
            // no Nullable<T>
            var type = (AggregateType)Activator.CreateInstance(
                typeof(AggregateType<>).MakeGenericType(aggregate), views, events, keys, json)!;
            if (!_types.TryAdd(type.Category, type))
            {
                throw new InvalidOperationException($"{aggregate} has the category \"{type.Category}\" of another aggregate.");
            }
        }

        if (All.SelectMany(t => t.Kinds).GroupBy(k => k).FirstOrDefault(k => k.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"Two aggregates or views have the kind {twice.Key}.");
        }
    }

    /// <summary>Every aggregate.</summary>
    public IReadOnlyCollection<AggregateType> All => _types.Values;

    /// <summary>Finds the aggregate of a stream; null when no module has one of its category.</summary>
    public AggregateType? Find(StreamId stream) => _types.GetValueOrDefault(stream.Category.ToString());

    private static bool IsAggregate(Type type) => type is { IsClass: true, IsAbstract: false }
        && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAggregate<>));
}

/// <summary>An aggregate with its views.</summary>
public abstract class AggregateType
{
    private protected AggregateType(string category, IReadOnlyList<string> kinds) => (Category, Kinds) = (category, kinds);

    /// <summary>Of its streams.</summary>
    public string Category { get; }

    /// <summary>Of the documents that each of its streams can have: the state, then the views.</summary>
    public IReadOnlyList<string> Kinds { get; }

    /// <summary>
    /// Folds a whole stream into its documents, one per kind and byte by byte as live commits write them. One without a body must not be
    /// there.
    /// </summary>
    /// <param name="stream">Which one.</param>
    /// <param name="history">All of its events, one or more.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public abstract ValueTask<IReadOnlyList<DocumentWrite>> DocumentsOfAsync(
        StreamId stream, IReadOnlyList<StoredEvent> history, CancellationToken cancellationToken);
}

internal sealed class AggregateType<T>(ILookup<string, IProjection> views, EventCatalog events, SubjectKeys keys, StoredJson json)
    : AggregateType(T.Category, [T.Kind, .. views[T.Category].Select(v => v.Kind)])
    where T : class, IAggregate<T>
{
    public override async ValueTask<IReadOnlyList<DocumentWrite>> DocumentsOfAsync(
        StreamId stream, IReadOnlyList<StoredEvent> history, CancellationToken cancellationToken)
    {
        var decided = (await keys.OpenAsync(history, cancellationToken)).Select(events.Read).ToList();
        var loaded = new Loaded<T>(stream, 0, T.Initial);
        loaded.Append(decided.ToArray());
        var state = (ILoaded)loaded;
        var key = state is { IsPersonal: true, Subject: { } subject } ? (await keys.FindAsync(subject, cancellationToken)).Key : null;
        IEnumerable<DocumentWrite> documents =
        [
            state.StateDocument(json),
            .. views[Category].Select(view =>
            {
                var (body, entries) = view.Fold(json, null, decided);
                return new DocumentWrite(view.Kind, stream.Key, stream.Bucket, body, decided.Count) { Entries = entries };
            }),
        ];
        return [.. documents.Select(d => SubjectKeys.Seal(d, key))];
    }
}
