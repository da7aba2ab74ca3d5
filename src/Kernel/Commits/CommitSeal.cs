using Monolith.Kernel.Erasure;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;

namespace Monolith.Kernel.Commits;

/// <summary>Seals what one commit holds of persons, and makes the commit depend on none of them having been erased meanwhile.</summary>
/// <param name="keys">Finds and makes keys.</param>
/// <param name="erased">Whom this very commit erases: nothing of theirs is sealed any more.</param>
/// <param name="clock">Tells how long what is made here may be remembered.</param>
internal sealed class CommitSeal(SubjectKeys keys, IReadOnlySet<Guid> erased, TimeProvider clock)
{
    private readonly long _begun = clock.GetTimestamp();
    private readonly Dictionary<Guid, SubjectKey?> _found = [];
    private readonly Dictionary<Guid, StreamCheck> _checks = [];
    private readonly List<(SubjectKey Key, DocumentWrite Write)> _made = [];

    /// <summary>The keys that were made for it.</summary>
    public IEnumerable<DocumentWrite> Made => _made.Select(m => m.Write);

    /// <summary>What it depends on.</summary>
    public IReadOnlyCollection<StreamCheck> Checks => _checks.Values;

    /// <summary>Finds the key for an aggregate's events and documents; null when nothing of it is sealed, or nothing any more.</summary>
    /// <exception cref="SubjectErasedException">Something new of an erased user is to be stored.</exception>
    public async ValueTask<SubjectKey?> KeyForAsync(ILoaded loaded, CancellationToken cancellationToken)
    {
        if (loaded.Subject is not { } subject || erased.Contains(subject))
        {
            return loaded.Subject is not null || !loaded.IsPersonal
                ? null
                : throw new InvalidOperationException(
                    $"{loaded.Stream} has personal events, and its aggregate does not say whose they are.");
        }

        if (Values.Bucket.Of(subject) != loaded.Stream.Bucket)
        {
            throw new InvalidOperationException($"{loaded.Stream} does not lie in the place of its subject.");
        }

        var key = loaded.IsPersonal ? await FindAsync(subject, cancellationToken) : null;
        if (key is not null || loaded.Version == 0)
        {
            _checks[subject] = new StreamCheck(Subject.StreamOf(subject), 0);
        }

        return key;
    }

    /// <summary>Learns that the commit is on disk: the next reader finds its keys at hand.</summary>
    public void Stored() => _made.ForEach(made => keys.Made(made.Key, _begun));

    private async ValueTask<SubjectKey?> FindAsync(Guid subject, CancellationToken cancellationToken)
    {
        if (_found.TryGetValue(subject, out var key))
        {
            return key;
        }

        var found = await keys.FindAsync(subject, cancellationToken);
        key = found.Key;
        if (found is { Key: null, IsErased: false })
        {
            var made = await keys.MakeAsync(subject, cancellationToken);
            key = made.Key;
            _made.Add(made);
        }

        return _found[subject] = key;
    }
}
