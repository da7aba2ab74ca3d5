namespace Monolith.Adapters.Embedded;

/// <summary>Takes messages straight from the stores they are kept in.</summary>
/// <remarks>
/// A signal goes off with every commit, whatever it held. So a waiting taker asks with a read first and takes only what is due, and it
/// rests a little between two looks: a lone message is taken at once, and a busy store is asked 200 times a second at most.
/// </remarks>
internal sealed class StoreQueue(Shards shards, TimeProvider clock) : IQueue
{
    // How long a message may lie behind the one that was taken a moment ago.
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(5);

    // The net under the signals: what another process has sent is found this late at worst.
    private static readonly TimeSpan _pollLimit = TimeSpan.FromSeconds(2);

    private uint _turn;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = Task.WhenAny(shards.All.Select(shard => shard.Changed.Next));
            var (messages, due) = await LookAsync(request, cancellationToken);
            var left = _pollLimit - clock.GetElapsedTime(started);
            if (messages.Count > 0 || left <= TimeSpan.Zero)
            {
                return messages;
            }

            await Task.Delay(_rest, clock, cancellationToken);
            var wait = due - clock.GetUtcNow() is { } untilDue && untilDue < left ? untilDue : left;
            if (wait > TimeSpan.Zero)
            {
                await Signal.WaitAsync(changed, wait, clock, cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        shards.Of(message.Bucket).Store.ExtendAsync(message, lease, cancellationToken);

    /// <inheritdoc />
    public async ValueTask ReleaseAllAsync(string owner, CancellationToken cancellationToken)
    {
        foreach (var shard in shards.All)
        {
            if (await shard.Store.ReleaseAllAsync(owner, cancellationToken) > 0)
            {
                // Releasing is no commit, so nothing else wakes the waiting workers.
                shard.Changed.Raise();
            }
        }
    }

    // Begins with another shard each time, so that a busy one cannot starve the rest, and ends with the first that gives something:
    // messages in hand must not be lost to a failure or a cancellation at the next shard.
    private async Task<(IReadOnlyList<TakenMessage> Messages, DateTimeOffset? Due)> LookAsync(
        TakeMessages request, CancellationToken cancellationToken)
    {
        var (turn, all) = (Interlocked.Increment(ref _turn), shards.All);
        var failures = new List<StoreUnavailableException>();
        DateTimeOffset? earliest = null;
        for (var i = 0; i < all.Count; i++)
        {
            var store = all[(int)((turn + i) % all.Count)].Store;
            try
            {
                var due = await store.NextDueAsync(request.Kinds, cancellationToken);
                if (due <= clock.GetUtcNow() && await store.TakeAsync(request, cancellationToken) is { Count: > 0 } messages)
                {
                    return (messages, due);
                }

                earliest = earliest is null || due < earliest ? due : earliest;
            }
            catch (StoreUnavailableException e)
            {
                failures.Add(e);
            }
        }

        // One shard that is down must not stop the work of the others.
        return failures.Count == all.Count ? throw failures[0] : ([], earliest);
    }
}
