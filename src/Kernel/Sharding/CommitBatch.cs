using Monolith.Kernel.Ports.Store;

namespace Monolith.Kernel.Sharding;

/// <summary>A commit in the queue of its shard.</summary>
/// <param name="Commit">What is to be stored.</param>
/// <param name="After">
/// Commits of the same queue, before it, on whose outcome it was decided: it is stored if all of these are, and conflicts otherwise.
/// </param>
internal sealed record QueuedCommit(Commit Commit, IReadOnlyList<Task<CommitOutcome>> After)
{
    private readonly TaskCompletionSource<CommitOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How it ends.</summary>
    public Task<CommitOutcome> Outcome => _outcome.Task;

    /// <summary>Says how it ended.</summary>
    public void End(CommitOutcome outcome) => _outcome.TrySetResult(outcome);

    /// <summary>Says that it is unknown how it ended.</summary>
    public void Fail(Exception failure) => _outcome.TrySetException(failure);
}

/// <summary>What goes to the store in one call. Decisions that build on each other are in it as one commit: all of them, or none.</summary>
/// <remarks>
/// The version that a commit expects does not tell what made that version. Had it been another node, the decision would fit the number and
/// not the state. So whatever is decided on an outcome that is not known yet shares that outcome.
/// </remarks>
internal sealed class CommitBatch
{
    private readonly List<Chain> _chains = [];
    private readonly Dictionary<Task<CommitOutcome>, Chain> _byLast = [];

    /// <summary>How many commits are in it.</summary>
    public int Count { get; private set; }

    /// <summary>What the store gets, in order.</summary>
    public IReadOnlyList<Commit> Commits => _chains.ConvertAll(c => c.Commit);

    /// <summary>Adds a commit, or ends it with a conflict because one that it builds on was not stored.</summary>
    /// <returns>False when it must wait for the outcome of this batch.</returns>
    public bool TryAdd(QueuedCommit queued)
    {
        // Earlier batches have ended by now, so what has not is in this one. Looked at once: the queue of another shard goes on meanwhile.
        var pending = queued.After.Where(a => !a.IsCompleted).ToList();
        if (queued.After.Except(pending).Any(a => a is not { IsCompletedSuccessfully: true, Result: Committed }))
        {
            queued.End(Overtaken(queued.Commit));
            return true;
        }

        if (pending.Count == 0)
        {
            var chain = new Chain(queued);
            _chains.Add(chain);
            _byLast.Add(queued.Outcome, chain);
            Count++;
            return true;
        }

        if (pending is not [var last] || !_byLast.TryGetValue(last, out var begun) || !begun.TryExtend(queued))
        {
            return false;
        }

        _byLast.Remove(last);
        _byLast.Add(queued.Outcome, begun);
        Count++;
        return true;
    }

    /// <summary>Tells each commit how it ended.</summary>
    /// <param name="outcomes">Of what the store got, in order.</param>
    public void End(IReadOnlyList<CommitOutcome> outcomes)
    {
        for (var i = 0; i < _chains.Count; i++)
        {
            _chains[i].End(outcomes[i]);
        }
    }

    /// <summary>Tells each commit that it is unknown how it ended.</summary>
    public void Fail(Exception failure) => _chains.ForEach(c => c.Fail(failure));

    /// <summary>Makes room for the next ones.</summary>
    public void Clear()
    {
        _chains.Clear();
        _byLast.Clear();
        Count = 0;
    }

    private static Conflict Overtaken(Commit commit) => new(ConflictKind.Stream, commit.Appends[0].Stream.Name, 0);

    private sealed class Chain(QueuedCommit first)
    {
        // Each link copies what is there so far; the next batch is soon.
        private const int MaxLinks = 64;

        private List<QueuedCommit>? _following;

        public Commit Commit { get; private set; } = first.Commit;

        public bool TryExtend(QueuedCommit queued)
        {
            if (_following?.Count >= MaxLinks || Merge(Commit, queued.Commit) is not { } merged)
            {
                return false;
            }

            Commit = merged;
            (_following ??= []).Add(queued);
            return true;
        }

        // Each learns the position of its own last event: they lie in the order of the chain, without gaps. Of a conflict with something
        // else than the stream those learn whose own it is.
        public void End(CommitOutcome outcome)
        {
            if (outcome is Conflict conflict && _following is not null)
            {
                foreach (var queued in _following.Prepend(first))
                {
                    queued.End(IsOf(queued.Commit, conflict) ? conflict : Overtaken(queued.Commit));
                }

                return;
            }

            for (var i = (_following?.Count ?? 0) - 1; i >= 0; i--)
            {
                _following![i].End(outcome);
                if (outcome is Committed(var position))
                {
                    outcome = new Committed(position - _following[i].Commit.Appends[0].Events.Count);
                }
            }

            first.End(outcome);
        }

        public void Fail(Exception failure)
        {
            first.Fail(failure);
            _following?.ForEach(f => f.Fail(failure));
        }

        private static bool IsOf(Commit commit, Conflict conflict) => conflict.Kind switch
        {
            ConflictKind.Stream => commit.Appends.Select(a => a.Stream).Concat(commit.Checks.Select(c => c.Stream))
                .Any(s => s.Name == conflict.What),
            ConflictKind.Document => commit.Documents.Any(d => $"{d.Kind}/{d.Id}" == conflict.What),
            ConflictKind.Claim => commit.Documents.Any(
                d => d.Entries.Any(e => e.IsUnique && $"{d.Kind}/{e.Index}" == conflict.What)),
            _ => true,
        };

        // Null where the two are more than decisions about one and the same stream.
        private static Commit? Merge(Commit former, Commit latter)
        {
            if (former.Appends is not [var begun] || latter.Appends is not [var more] || begun.Stream != more.Stream
                || former.Bucket != latter.Bucket || former.Epoch != latter.Epoch || former.Messages.Count + latter.Messages.Count > 0
                || former.Checks.Concat(latter.Checks).Any(c => c.Stream == begun.Stream))
            {
                return null;
            }

            var documents = new List<DocumentWrite>(former.Documents);
            foreach (var document in latter.Documents)
            {
                var replaced = documents.FindIndex(d => d.Kind == document.Kind && d.Id == document.Id);
                if (replaced < 0)
                {
                    documents.Add(document);
                }
                else if (MayReplace(documents[replaced], document))
                {
                    documents[replaced] = document;
                }
                else
                {
                    return null;
                }
            }

            return former with
            {
                Appends = [begun with { Events = [.. begun.Events, .. more.Events] }],
                Checks = [.. former.Checks.Union(latter.Checks)],
                Documents = documents,
            };
        }

        // What only the one in between required or claimed would go unchecked.
        private static bool MayReplace(DocumentWrite former, DocumentWrite latter) =>
            former.ExpectedVersion is null && latter.ExpectedVersion is null && !former.MustVanish && !latter.MustVanish
            && former.Entries.Where(e => e.IsUnique).SequenceEqual(latter.Entries.Where(e => e.IsUnique));
    }
}
