using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Support;

/// <summary>What a node has that remembers what is in a store which other nodes write to; it follows the log once it is told to.</summary>
internal sealed class ListeningNode : IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly Heartbeats _heartbeats;
    private CacheInvalidation? _invalidation;

    public ListeningNode(IStore store, TimeProvider clock)
    {
        (_clock, _heartbeats, Shards) = (clock, new Heartbeats(clock), TestShards.Over(store));
        Freshness = new LogFreshness(Shards, clock);
        States = new StateMemory(Shards, clock);
    }

    public Shards Shards { get; }

    public LogFreshness Freshness { get; }

    public StateMemory States { get; }

    /// <summary>Starts to follow the log, and to drop what it outdates.</summary>
    public Task ListenAsync(params IReadOnlyList<ICacheInvalidator> copies)
    {
        _invalidation = new(Shards, copies, States, Freshness, _heartbeats, _clock, NullLogger<CacheInvalidation>.Instance);
        return _invalidation.StartAsync(default);
    }

    /// <summary>Tells it, as a store does, that another node stored something.</summary>
    public void Hint() => Shards.First.Stored(0);

    public async ValueTask DisposeAsync()
    {
        if (_invalidation is not null)
        {
            await _invalidation.StopAsync(default);
            _invalidation.Dispose();
        }

        _heartbeats.Dispose();
        States.Dispose();
        await Shards.DisposeAsync();
    }
}
