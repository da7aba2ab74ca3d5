using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Subscriptions;

/// <summary>
/// The one place where a request waits until what it reads is as new as its token demands. One per scope, because the time is one for all
/// of it.
/// </summary>
public sealed class TokenWait(Shards shards, TimeProvider clock)
{
    /// <summary>
    /// How long a request may be late for the sake of being new enough, in all: from the first moment at which it has to wait.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private long? _began;

    /// <summary>Leaves out of a token what needs no waiting any more: the logs of shards that were removed.</summary>
    /// <remarks>Reads the map again when the token names what it does not list: others may know it already.</remarks>
    public async ValueTask<ConsistencyToken> ResolveAsync(ConsistencyToken token, CancellationToken cancellationToken)
    {
        var map = shards.Map;
        if (token.Epoch > map.Epoch || token.Positions.Any(p => map.StateOf(LogNumber.ShardOf(p.Shard)) is null))
        {
            await shards.RefreshAsync(cancellationToken);
            map = shards.Map;
        }

        return token.Without(p => map.StateOf(LogNumber.ShardOf(p.Shard)) == ShardState.Removed);
    }

    /// <summary>Waits until every log is as far as a token demands. False when one is not, or is not known here.</summary>
    /// <remarks>
    /// A token of ours is met at once, by the log that it came from. What is ahead of the log came from a deployment that knew more than
    /// this one.
    /// </remarks>
    public async Task<bool> ForLogsAsync(ConsistencyToken token, CancellationToken cancellationToken)
    {
        var waits = token.Positions.Select(p => ForLogAsync(p, cancellationToken));
        return token.Epoch <= shards.Map.Epoch && (await Task.WhenAll(waits)).All(isMet => isMet);
    }

    /// <summary>Looks again at every sign until something is so. False when the time of the request is over.</summary>
    public async Task<bool> UntilAsync(Signal sign, Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = sign.Next;
            if (await isSo())
            {
                return true;
            }

            var left = Left();
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await Signal.WaitAsync(next, left, clock, cancellationToken);
        }
    }

    private async Task<bool> ForLogAsync(LogPosition demanded, CancellationToken cancellationToken) =>
        shards.TryFind(LogNumber.ShardOf(demanded.Shard)) is { } shard && shard.Log == demanded.Shard
        && await UntilAsync(
            shard.Appended,
            async () => shard.Last.Reaches(demanded) || await shard.Store.HeadAsync(cancellationToken) >= demanded.Value,
            cancellationToken);

    private TimeSpan Left()
    {
        lock (_lock)
        {
            return Longest - clock.GetElapsedTime(_began ??= clock.GetTimestamp());
        }
    }
}
