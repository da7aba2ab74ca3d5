namespace Monolith.Adapters.RabbitMq;

/// <summary>Takes messages that the broker brings, and straight from the stores while it brings none.</summary>
/// <remarks>
/// What comes from the broker is a copy: it may be old, doubled or out of order. The store says which copy is good, by the token, and gives
/// the message to one taker. So a copy that cannot be used is acknowledged and forgotten, and one that is lost is sent again by the relay.
/// </remarks>
internal sealed class RabbitQueue(
    IQueue stores, RabbitRelay relay, RabbitConsumer consumer, Shards shards, RabbitMeters meters,
    TimeProvider clock) : IQueue, IExternalDependency
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    public string Port => Kernel.Adapters.Port.Queue.Name;

    /// <inheritdoc />
    public string? Fault => (relay.Fault ?? consumer.Fault) is { } fault ? $"RabbitMQ {relay.Name}: {fault}" : null;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<TakenMessage>> TakeAsync(TakeMessages request, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        consumer.Begin(request);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var arrived = consumer.Arrived.Next;
                if (consumer.Next(request.Kinds, request.Max) is { Count: > 0 } deliveries)
                {
                    if (await TakeAsync(deliveries, request) is { Count: > 0 } taken)
                    {
                        return taken;
                    }

                    continue; // Copies of no use; there may be more.
                }

                if (Fault is not null)
                {
                    // As safe as the way through the broker, because the store gives each message to one taker.
                    var messages = await stores.TakeAsync(request, cancellationToken);
                    meters.Taken("store", messages.Count);
                    return messages;
                }

                var left = _limit - clock.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return [];
                }

                await Signal.WaitAsync(arrived, left, clock, cancellationToken);
            }
        }
        finally
        {
            consumer.End();
        }
    }

    /// <inheritdoc />
    public ValueTask<bool> ExtendAsync(TakenMessage message, TimeSpan lease, CancellationToken cancellationToken) =>
        stores.ExtendAsync(message, lease, cancellationToken);

    /// <inheritdoc />
    public ValueTask ReleaseAllAsync(string owner, CancellationToken cancellationToken) => stores.ReleaseAllAsync(owner, cancellationToken);

    // Not cancelled: what the stores have given must not be lost.
    private async Task<IReadOnlyList<TakenMessage>> TakeAsync(List<RabbitDelivery> deliveries, TakeMessages request)
    {
        var taken = new List<TakenMessage>();
        var (away, failure) = (0, (StoreUnavailableException?)null);
        foreach (var shard in deliveries.GroupBy(d => shards.Of(d.Message.Bucket)))
        {
            try
            {
                var reserved = new ClaimMessages([.. shard.Select(d => d.Message)], request.Owner, request.Lease);
                taken.AddRange(await shard.Key.Store.ClaimAsync(reserved, CancellationToken.None));
            }
            catch (StoreUnavailableException e)
            {
                (away, failure) = (away + shard.Count(), e);
            }
        }

        // Those of a store that is unavailable as well: it has them still, and the relay sends them again.
        await RabbitConsumer.AcknowledgeAsync(deliveries);
        meters.Taken("broker", taken.Count);
        meters.Stale(deliveries.Count - taken.Count - away);
        return taken.Count == 0 && failure is not null ? throw failure : taken;
    }
}
