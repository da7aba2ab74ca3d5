using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sealing;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>Collects what one decision changes and stores it as one commit. Each handler has its own; not safe for parallel use.</summary>
public sealed class UnitOfWork(
    Aggregates aggregates, StateMemory memory, SubjectKeys keys, CommitPipeline pipeline, CommitScope scope, TimeProvider clock)
{
    private readonly Dictionary<StreamId, ILoaded> _loaded = [];
    private readonly Dictionary<StreamId, RememberedState> _basedOn = [];
    private readonly List<StateChange> _remembered = [];
    private readonly List<DocumentWrite> _documents = [];
    private readonly List<MessageWrite> _messages = [];
    private readonly HashSet<Guid> _erased = [];

    /// <summary>Whether a commit would store anything.</summary>
    public bool IsEmpty => _documents.Count == 0 && _messages.Count == 0 && _loaded.Values.All(l => l.Events.Count == 0);

    /// <summary>
    /// Loads an aggregate: one read by primary key. A stream that was never written gives the initial state at version 0.
    /// </summary>
    /// <remarks>
    /// In a use case that is marked as pipelined it can be a state that is remembered: then the commit proves it, or it is decided again.
    /// </remarks>
    public async ValueTask<Loaded<T>> LoadAsync<T>(StreamId stream, CancellationToken cancellationToken)
        where T : class, IAggregate<T>
    {
        if (_loaded.TryGetValue(stream, out var known))
        {
            return (Loaded<T>)known;
        }

        if (scope is { Proposal: { } proposal, Outer: null } && !proposal.IsSent)
        {
            var remembered = Recall(proposal, stream) ?? await aggregates.RememberAsync<T>(stream, cancellationToken);
            _basedOn[stream] = remembered;
            return Track(new Loaded<T>(stream, remembered.Version, (T)remembered.State));
        }

        var (state, version) = await aggregates.LoadAsync<T>(stream, cancellationToken);
        memory.Seen(stream, version);
        return Track(new Loaded<T>(stream, version, state));
    }

    /// <summary>Begins a stream without looking whether there is one; if there is, the commit conflicts.</summary>
    public Loaded<T> Start<T>(StreamId stream)
        where T : class, IAggregate<T> => Track(new Loaded<T>(stream, 0, T.Initial));

    /// <summary>Goes on with an aggregate that was loaded before; if it moved since, the commit conflicts.</summary>
    public Loaded<T> Continue<T>(StreamId stream, long version, T state)
        where T : class, IAggregate<T> => Track(new Loaded<T>(stream, version, state));

    /// <summary>Writes a document that belongs to no aggregate.</summary>
    public void Write(DocumentWrite document) => _documents.Add(document);

    /// <summary>Sends, settles, defers or guards a message with the commit.</summary>
    public void Send(MessageWrite message) => _messages.Add(message);

    /// <summary>
    /// Destroys the key of a user with the commit: nothing personal that was stored under it can be read any more, nor anything stored.
    /// </summary>
    /// <param name="subject">The user's id.</param>
    public void Erase(Guid subject)
    {
        Start<Subject>(Subject.StreamOf(subject)).Append(new Subject.Erased(clock.GetUtcNow()));
        _documents.Add(keys.Destruction(subject));
        _erased.Add(subject);
    }

    /// <summary>
    /// Runs a piece of work whose units of work join this one: what they decide is stored by the commit of this one, or not at all.
    /// </summary>
    public async Task<T> JoinAsync<T>(Func<Task<T>> work)
    {
        var former = scope.Outer;
        scope.Outer = former ?? this;
        try
        {
            return await work();
        }
        finally
        {
            scope.Outer = former;
        }
    }

    /// <summary>
    /// Stores everything collected: on disk when this returns. An empty unit stores nothing. Afterwards this one is used up.
    /// </summary>
    /// <exception cref="ConflictException">A concurrent commit was first: load again and decide again.</exception>
    /// <exception cref="SubjectErasedException">It is about an erased user: nothing was stored.</exception>
    /// <exception cref="StoreUnavailableException">Nothing is known to be stored, and it may be stored.</exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (scope.Outer is { } outer && outer != this)
        {
            outer.Take(this);
        }
        else if (!IsEmpty)
        {
            var depends = _loaded.Values.Where(l => l.Events.Count > 0 || l.IsChecked).Select(l => l.Stream).ToList();
            scope.Proposal?.Prove(depends);
            var seal = new CommitSeal(keys, _erased, clock);
            var commit = await ToCommitAsync(seal, cancellationToken);
            var after = depends.Select(s => BasisOf(_loaded[s])?.Pending).OfType<Task<CommitOutcome>>().ToList();
            var changes = new StateChanges(_erased.Count == 0 ? _remembered : [], after);
            await pipeline.CommitAsync(commit, changes, scope, cancellationToken);
            seal.Stored();
        }
    }

    private void Take(UnitOfWork joined)
    {
        foreach (var (stream, loaded) in joined._loaded.Where(l => l.Value.Events.Count > 0 || l.Value.IsChecked))
        {
            // Two parts of one commit that both change an aggregate have not seen each other's decisions.
            if (_loaded.TryGetValue(stream, out var mine) && mine.Events.Count > 0)
            {
                throw new InvalidOperationException($"{stream} is changed twice in one commit.");
            }

            _loaded[stream] = loaded;
        }

        _documents.AddRange(joined._documents);
        _messages.AddRange(joined._messages);
        _erased.UnionWith(joined._erased);
    }

    private async ValueTask<Commit> ToCommitAsync(CommitSeal seal, CancellationToken cancellationToken)
    {
        var changed = _loaded.Values.Where(l => l.Events.Count > 0).ToList();
        var bucket = BucketOf(changed);
        var documents = new List<DocumentWrite>(_documents);
        var appends = new List<Append>();
        var now = clock.GetUtcNow();
        foreach (var loaded in changed)
        {
            var key = await seal.KeyForAsync(loaded, cancellationToken);
            appends.Add(aggregates.AppendOf(loaded, key, now, scope.Actor, appends.FirstOrDefault()?.Events[0].Id));
            var basis = BasisOf(loaded);
            if (basis is not null)
            {
                RequireUsable(basis, loaded, key);
            }

            var state = aggregates.StateOf(loaded);
            var views = await aggregates.ViewsOfAsync(loaded, basis?.Views, cancellationToken);
            documents.AddRange(views.Prepend(state).Select(document => SubjectKeys.Seal(document, key)));
            if (basis is not null)
            {
                _remembered.Add(ChangeOf(loaded, basis, state, views));
            }
        }

        return new Commit
        {
            Id = Id.New(clock, bucket),
            Bucket = bucket,
            Appends = appends,
            Checks = [
                .. _loaded.Values.Where(l => l.IsChecked && l.Events.Count == 0).Select(l => new StreamCheck(l.Stream, l.Version)),
                .. seal.Checks],
            Documents = [.. documents, .. seal.Made],
            Messages = scope.Guard is { } guard && _messages.All(m => m.Id != guard.Id) ? [.. _messages, guard] : _messages,
        };
    }

    private RememberedState? Recall(Proposal proposal, StreamId stream)
    {
        var remembered = memory.FindNewest(stream);
        if (remembered is not null)
        {
            proposal.Used(stream, remembered.Pending);
        }

        return remembered;
    }

    // What was continued, or joined, at another version was not decided on what is remembered.
    private RememberedState? BasisOf(ILoaded loaded) =>
        _basedOn.GetValueOrDefault(loaded.Stream) is { } basis && basis.Version == loaded.Version ? basis : null;

    // Neither what is personal of a user who was erased since, which would be stored unsealed, nor a view that only the stream tells
    // while the stream is behind.
    private void RequireUsable(RememberedState basis, ILoaded loaded, SubjectKey? key)
    {
        var isErased = key is null && loaded is { IsPersonal: true, Subject: { } subject } && !_erased.Contains(subject);
        if (isErased)
        {
            memory.Forget(loaded.Stream.Name);
        }

        if (isErased || (basis.Pending is not null && basis.Views?.Values.Any(v => v is null) is true))
        {
            throw new UnprovenException();
        }
    }

    private static StateChange ChangeOf(
        ILoaded loaded, RememberedState basis, DocumentWrite state, IReadOnlyList<DocumentWrite> views)
    {
        var size = RememberedState.SizeOf(loaded.Stream.Name, state.Body?.Length ?? 0, views.Sum(v => v.Body?.Length ?? 0));
        return new StateChange(loaded.Stream.Name, basis, new RememberedState(state.Version, loaded.State, loaded.Subject, size)
        {
            Views = views.ToDictionary(v => v.Kind, v => v.Body, StringComparer.Ordinal),
        });
    }

    // What belongs to the shard itself goes with the rest, wherever that lies.
    private Bucket BucketOf(List<ILoaded> changed)
    {
        var commit = Bucket.Here;
        foreach (var loaded in changed)
        {
            Join(ref commit, loaded.Stream.Bucket);
        }

        foreach (var document in _documents)
        {
            Join(ref commit, document.Bucket ?? Bucket.Here);
        }

        foreach (var message in _messages)
        {
            Join(ref commit, BucketOf(message));
        }

        return commit.IsHere && scope.Guard is { } guard ? BucketOf(guard) : commit;
    }

    // What is done with a message that was sent before is done where it lies, which its id tells.
    private static Bucket BucketOf(MessageWrite message) => message is SendMessage sent ? sent.Bucket : Bucket.Of(message.Id);

    private static void Join(ref Bucket commit, Bucket part)
    {
        if (!part.IsHere && !commit.IsHere && part.Number != commit.Number)
        {
            throw new InvalidOperationException("A commit lies in one bucket; this one would lie in several.");
        }

        if (part.Kin > 0 && commit.Kin > 0 && part != commit)
        {
            throw new InvalidOperationException("A commit is about one person; this one would be about several.");
        }

        // A person's place is that of the whole commit; what has kin 0 lies beside it.
        if (commit.IsHere || part.Kin > 0)
        {
            commit = part;
        }
    }

    private Loaded<T> Track<T>(Loaded<T> loaded)
        where T : class, IAggregate<T>
    {
        _loaded[loaded.Stream] = loaded;
        return loaded;
    }
}
