using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Commits;

/// <summary>What the units of work of one request, reaction or job share. One per dependency-injection scope.</summary>
public sealed class CommitScope
{
    private readonly List<LogPosition> _written = [];

    /// <summary>Who acts: a user's id, kept with each event; null when it is unknown.</summary>
    public Guid? Actor { get; set; }

    /// <summary>Fences every commit of a job against a worker that lost its lease.</summary>
    public GuardMessage? Guard { get; set; }

    /// <summary>
    /// How far each log was after this scope's last commit to it, in the order of the first: what a consistency token says.
    /// </summary>
    public IReadOnlyList<LogPosition> Written => _written;

    /// <summary>The highest epoch of the maps by which this scope's commits were routed; 1 while there was none.</summary>
    public long Epoch { get; private set; } = 1;

    /// <summary>What the caller knows already: whatever this scope reads must be at least as new.</summary>
    public ConsistencyToken Demanded { get; set; } = ConsistencyToken.None;

    /// <summary>How old what was read may be: since when it could have been overtaken. Null when nothing was read that can be.</summary>
    public TimeSpan? AgeOfData { get; private set; }

    /// <summary>The unit of work that the others join instead of committing by themselves.</summary>
    internal UnitOfWork? Outer { get; set; }

    /// <summary>The attempt under way to decide on remembered states; null where what is stored is decided on.</summary>
    internal Proposal? Proposal { get; set; }

    /// <summary>The shard of the event that this scope reacts to; null outside of reactions. Its commits go there or nowhere.</summary>
    /// <remarks>
    /// The effect is one commit with what is kept about the event, and that stays in the log's own shard when the bucket moves, wherever
    /// the map says that the bucket lies now.
    /// </remarks>
    internal Shard? EventShard { get; set; }

    /// <summary>
    /// Adds to the first commit of this scope: the record that makes a repeated request have one effect. Null without an idempotency key.
    /// </summary>
    internal ICommitAmendment? Amendment { get; set; }

    /// <summary>The position that reads from a log must have seen: what was demanded, and what this scope wrote itself.</summary>
    internal long DemandOf(int log) => Math.Max(Demanded.PositionIn(log), _written.Find(w => w.Shard == log).Value);

    internal void ReadDataOf(TimeSpan age) => AgeOfData = AgeOfData is { } known && known > age ? known : age;

    internal void Wrote(LogPosition position, long epoch)
    {
        _written[_written.FindIndex(w => w.Shard == position.Shard) is var known and >= 0 ? known : Add()] = position;
        Epoch = Math.Max(Epoch, epoch);

        int Add()
        {
            _written.Add(position);
            return _written.Count - 1;
        }
    }
}
