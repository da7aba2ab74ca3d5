using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// The right to run a subscription in a shard, and how far it came. Both are one document, changed by compare-and-set only.
/// </summary>
internal sealed class SubscriptionLease(
    string name, bool startsNow, Shard shard, Node node, StoredJson json, TimeProvider clock)
{
    private long _version;
    private DateTimeOffset _until;
    private Arrival? _arrival;

    /// <summary>Everything up to here is done; may be ahead of what is stored where there was nothing to do.</summary>
    public long Position { get; private set; }

    /// <summary>How a conflict names the document.</summary>
    public string DocumentName => $"{Checkpoint.Kind}/{name}";

    private bool IsHeld => LeaseTerm.Holds(_until, clock.GetUtcNow());

    /// <summary>Takes the lease, or prolongs it when it is due. False while another node holds it.</summary>
    public async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        if (IsHeld)
        {
            return true;
        }

        var now = clock.GetUtcNow();
        var stored = await shard.Store.FindAsync(Checkpoint.Kind, name, cancellationToken);
        var checkpoint = stored is null ? null : json.Read<Checkpoint>(stored.Body);
        var isMine = checkpoint?.Owner == node.ToString();
        if (checkpoint is not null && !isMine && checkpoint.ExpiresAt > now)
        {
            return false;
        }

        var isContinued = isMine && stored!.Version == _version;
        Position = isContinued ? Position
            : checkpoint?.Position ?? (startsNow ? await shard.Store.HeadAsync(cancellationToken) : 0);
        (_version, _arrival) = (stored?.Version ?? 0, checkpoint?.Arrival);
        return await TryWriteAsync(Step(Position), [], cancellationToken) is null;
    }

    /// <summary>Moves on past events that needed nothing; stored with the next step or the next prolongation.</summary>
    public void Advance(long position) => Position = Math.Max(Position, position);

    /// <summary>Makes the write that stores a new position; <see cref="Took"/> tells that it was committed.</summary>
    public SubscriptionStep Step(long position)
    {
        var until = LeaseTerm.Next(clock);
        var body = json.Write(At(position) with { Owner = node.ToString(), ExpiresAt = until });
        return new SubscriptionStep(
            position, until, new DocumentWrite(Checkpoint.Kind, name, null, body, _version + 1) { ExpectedVersion = _version });
    }

    /// <summary>Takes note that a step is on disk.</summary>
    public void Took(SubscriptionStep step) => (_version, _until, Position) = (step.Document.Version, step.Until, step.Position);

    /// <summary>Stores a position together with other documents of the shard.</summary>
    /// <exception cref="ConflictException">Another node took over.</exception>
    public async Task WriteAsync(long position, IReadOnlyList<DocumentWrite> documents, CancellationToken cancellationToken)
    {
        if (await TryWriteAsync(Step(position), documents, cancellationToken) is { } conflict)
        {
            throw new ConflictException(conflict);
        }
    }

    /// <summary>Forgets what is believed to be held, so that the next look at the store decides.</summary>
    public void Lose() => _until = default;

    /// <summary>Lets another node take over at once. As good as possible: the term ends by itself otherwise.</summary>
    public async Task GiveBackAsync()
    {
        if (_until == default)
        {
            return;
        }

        var body = json.Write(At(Position));
        await LeaseTerm.CommitAsync(
            shard,
            new DocumentWrite(Checkpoint.Kind, name, null, body, _version + 1) { ExpectedVersion = _version },
            [],
            clock,
            CancellationToken.None);
    }

    // An arrival is under way until the event that tells of it is passed; a node that does not handle it yet must not forget how far
    // another came.
    private Checkpoint At(long position) => new(position, "", default) { Arrival = position < _arrival?.Journal ? _arrival : null };

    private async Task<Conflict?> TryWriteAsync(
        SubscriptionStep step, IReadOnlyList<DocumentWrite> documents, CancellationToken cancellationToken)
    {
        if (await LeaseTerm.CommitAsync(shard, step.Document, documents, clock, cancellationToken) is { } conflict)
        {
            _until = default;
            return conflict;
        }

        Took(step);
        return null;
    }
}

/// <summary>A position about to be stored.</summary>
internal sealed record SubscriptionStep(long Position, DateTimeOffset Until, DocumentWrite Document);
