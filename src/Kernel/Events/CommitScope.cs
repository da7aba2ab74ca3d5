using Monolith.Kernel.Ports;

namespace Monolith.Kernel.Events;

/// <summary>What the units of work of one request, reaction or job share. One per dependency-injection scope.</summary>
public sealed class CommitScope
{
    private readonly Dictionary<int, long> _written = [];

    /// <summary>Who acts: a user's id, kept with each event; null when nobody is known.</summary>
    public Guid? Actor { get; set; }

    /// <summary>Fences every commit of a job against a worker that lost its lease.</summary>
    public GuardMessage? Guard { get; set; }

    /// <summary>How far each shard's log was after this scope's last commit: what a consistency token says.</summary>
    public IReadOnlyDictionary<int, long> Written => _written;

    /// <summary>The unit of work that the others join instead of committing by themselves.</summary>
    internal UnitOfWork? Outer { get; set; }

    /// <summary>Makes the effect of this scope happen once, however often it is asked for; null where nobody gave an idempotency key.</summary>
    internal KeyedRequest? Request { get; set; }

    internal void Wrote(int shard, long position) => _written[shard] = position;
}
