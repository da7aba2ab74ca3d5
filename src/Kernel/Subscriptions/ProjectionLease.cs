using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// The right to run a followed projection in a shard, with all that is known of it: one document, whose version fences every write.
/// </summary>
/// <remarks>
/// A request for something else (a rebuild, its end) changes the document; the next write of the subscription then fails, and it looks
/// again.
/// </remarks>
internal sealed class ProjectionLease(FollowedProjection projection, Shard shard, SubscriptionContext context, Action lost)
{
    // How late a request may be noticed while there is nothing to write.
    private static readonly TimeSpan _recheckAfter = TimeSpan.FromSeconds(1);

    private FollowedState? _state;
    private long _version;
    private DateTimeOffset _seenAt;

    /// <summary>What is known; positions may be ahead of what is stored where there was nothing to write.</summary>
    /// <exception cref="InvalidOperationException">It is not held.</exception>
    public FollowedState State => _state ?? throw new InvalidOperationException("The lease is not held.");

    /// <summary>Whether it was held at the last look.</summary>
    public bool IsHeld => _state is not null;

    /// <summary>
    /// Takes it, or prolongs it when that is due. False while another node has it, and for code that is older than the views.
    /// </summary>
    public async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        var now = context.Clock.GetUtcNow();
        if (LeaseTerm.Holds(_state?.ExpiresAt, now) && _seenAt > now - _recheckAfter)
        {
            return true;
        }

        var (state, version) = await ReadAsync(shard.Store, projection, context.Json, cancellationToken);
        _seenAt = now;
        if ((state.Owner != Me && state.ExpiresAt > now) || projection.Version < state.Version)
        {
            Lose();
            return false;
        }

        if (_state is null || version != _version)
        {
            Lose();
            (_state, _version) = (state, version);
        }
        else if (LeaseTerm.Holds(_state.ExpiresAt, now))
        {
            return true;
        }

        return await WriteAsync(_state, [], cancellationToken);
    }

    /// <summary>Moves on past events that needed nothing; stored with the next write.</summary>
    public void Advance(FollowedState state) => _state = state;

    /// <summary>
    /// Stores a new state together with documents of the shard, in one commit. False when it was changed by another: nothing was stored,
    /// look again.
    /// </summary>
    /// <exception cref="ConflictException">A view claims what belongs to another.</exception>
    public async Task<bool> WriteAsync(FollowedState state, IReadOnlyList<DocumentWrite> documents, CancellationToken cancellationToken)
    {
        var mine = state with { Owner = Me, ExpiresAt = LeaseTerm.Next(context.Clock) };
        switch (
            await LeaseTerm.CommitAsync(
                shard, Write(projection, mine, _version, context.Json), documents, context.Clock, cancellationToken))
        {
            case null:
                (_state, _version) = (mine, _version + 1);
                return true;
            case { Kind: ConflictKind.Document }:
                Lose();
                return false;
            case { } conflict:
                throw new ConflictException(conflict);
        }
    }

    /// <summary>Forgets what is believed to be held, so that the next look at the store decides.</summary>
    public void Lose()
    {
        _state = null;
        lost();
    }

    /// <summary>Lets another node take over at once. As good as possible: the term ends by itself otherwise.</summary>
    public async Task GiveBackAsync()
    {
        if (_state is { } state)
        {
            await LeaseTerm.CommitAsync(
                shard, Write(projection, state with { Owner = "", ExpiresAt = default }, _version, context.Json), [], context.Clock,
                CancellationToken.None);
        }
    }

    /// <summary>Reads the state of a projection; its first one where there is none yet, at version 0.</summary>
    public static async ValueTask<(FollowedState State, long Version)> ReadAsync(
        IReadStore store, FollowedProjection projection, StoredJson json, CancellationToken cancellationToken) =>
        await store.FindAsync(FollowedState.Kind, projection.Name, cancellationToken) is { } stored
            ? (json.Read<FollowedState>(stored.Body), stored.Version)
            : (FollowedState.First(projection.Version), 0);

    /// <summary>Makes the write that replaces a state.</summary>
    public static DocumentWrite Write(FollowedProjection projection, FollowedState state, long version, StoredJson json) =>
        new(FollowedState.Kind, projection.Name, null, json.Write(state), version + 1) { ExpectedVersion = version };

    private string Me => context.Node.ToString();
}
