using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Subscriptions;

/// <summary>Folds pages of events into the views of one kind, and remembers those views between pages: they have no other writer.</summary>
internal abstract class ViewFold
{
    /// <summary>Folds a page. An event that fails changes nothing and is among the failures.</summary>
    public abstract Task<IReadOnlyList<FoldFailure>> FoldAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken);

    /// <summary>What was changed since the last call. If it cannot be stored, <see cref="Forget"/> is due.</summary>
    public abstract IReadOnlyList<DocumentWrite> TakeChanges();

    /// <summary>Forgets every view, so that it is read from the store again.</summary>
    public abstract void Forget();
}

/// <summary>An event that could not be folded.</summary>
internal sealed record FoldFailure(StoredEvent Stored, Exception Reason);

internal sealed class ViewFold<TView>(
    FollowedProjection<TView> projection, IReadStore store, string kind, StoredJson json, EventCatalog events) : ViewFold
    where TView : class
{
    // Some tens of megabytes of small views. A projection with more reads again what it forgot.
    private const int MaxRemembered = 20_000;

    // Reads under way at a time: enough to hide the way to a server, few enough to leave it to others.
    private const int ReadsAtATime = 32;

    private readonly Dictionary<string, Kept> _views = new(StringComparer.Ordinal);
    private readonly List<string> _changed = [];

    public override async Task<IReadOnlyList<FoldFailure>> FoldAsync(IReadOnlyList<StoredEvent> page, CancellationToken cancellationToken)
    {
        var failures = new List<FoldFailure>();
        var steps = new List<Step>(page.Count);
        foreach (var stored in page)
        {
            Attempt(stored, failures, () => AddSteps(steps, stored));
        }

        await LoadAsync(steps, cancellationToken);
        for (var i = 0; i < steps.Count;)
        {
            var (first, stored) = (i, steps[i].Stored);
            for (; i < steps.Count && steps[i].Stored == stored; i++)
            {
            }

            var end = i;
            Attempt(stored, failures, () => Apply(steps, first, end));
        }

        return failures;
    }

    public override IReadOnlyList<DocumentWrite> TakeChanges()
    {
        var writes = new List<DocumentWrite>(_changed.Count);
        foreach (var key in _changed)
        {
            var kept = _views[key];
            (kept.IsChanged, var isNew, kept.IsStored) = (false, !kept.IsStored, kept.View is not null);
            if (kept.View is { } view)
            {
                writes.Add(new DocumentWrite(kind, key, null, json.Write(view), kept.Version) { Entries = projection.Entries(key, view) });
            }
            else if (!isNew)
            {
                writes.Add(new DocumentWrite(kind, key, null, null, kept.Version));
            }
        }

        _changed.Clear();
        if (_views.Count > MaxRemembered)
        {
            _views.Clear();
        }

        return writes;
    }

    public override void Forget()
    {
        _views.Clear();
        _changed.Clear();
    }

    private static void Attempt(StoredEvent stored, List<FoldFailure> failures, Action fold)
    {
        try
        {
            fold();
        }
#pragma warning disable CA1031 // Whatever one event runs into is its own; the others of the page go on. It is parked with its reason.
        catch (Exception e) when (e is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            failures.Add(new FoldFailure(stored, e));
        }
    }

    private void AddSteps(List<Step> steps, StoredEvent stored)
    {
        // A followed view may hold several people, so it is not sealed, and nothing personal may get into it. It stays the same when one of
        // them is erased.
        var @event = events.Read(SubjectKeys.Without(stored));
        var count = steps.Count;
        try
        {
            foreach (var rule in projection.RulesOf(@event.GetType()))
            {
                if (rule.Key(@event, stored) is { } key)
                {
                    steps.Add(new Step(stored, @event, key, rule));
                }
            }
        }
        catch
        {
            steps.RemoveRange(count, steps.Count - count); // all of an event, or nothing
            throw;
        }
    }

    private async Task LoadAsync(List<Step> steps, CancellationToken cancellationToken)
    {
        var missing = steps.Select(s => s.Key).Where(k => !_views.ContainsKey(k)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var some in missing.Chunk(ReadsAtATime))
        {
            var found = await Task.WhenAll(some.Select(key => store.FindAsync(kind, key, cancellationToken).AsTask()));
            for (var i = 0; i < some.Length; i++)
            {
                _views[some[i]] = found[i] is { } document
                    ? new Kept { View = json.Read<TView>(document.Body), Version = document.Version, IsStored = true }
                    : new Kept();
            }
        }
    }

    // All of an event's rules, or none: what was applied goes back where a later one fails.
    private void Apply(List<Step> steps, int first, int end)
    {
        var before = end - first == 1 ? null : Enumerable.Range(first, end - first).Select(i => _views[steps[i].Key].View).ToList();
        var i = first;
        try
        {
            for (; i < end; i++)
            {
                var kept = _views[steps[i].Key];
                kept.View = steps[i].Rule.Apply(kept.View, steps[i].Event);
            }
        }
        catch
        {
            for (i--; i >= first; i--)
            {
                _views[steps[i].Key].View = before![i - first]; // there was more than one step, or none came before this one
            }

            throw;
        }

        for (i = first; i < end; i++)
        {
            var kept = _views[steps[i].Key];
            kept.Version = steps[i].Stored.Position;
            if (!kept.IsChanged)
            {
                kept.IsChanged = true;
                _changed.Add(steps[i].Key);
            }
        }
    }

    private readonly record struct Step(StoredEvent Stored, object Event, string Key, ViewRule<TView> Rule);

    private sealed class Kept
    {
        public TView? View { get; set; }

        /// <summary>Position of the last event that changed it.</summary>
        public long Version { get; set; }

        public bool IsStored { get; set; }

        public bool IsChanged { get; set; }
    }
}
