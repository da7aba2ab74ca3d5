using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests;

/// <summary>The kernel with the things module over a store; several of them over one store are several nodes.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly InTurn _map;

    public TestNode(IStore store, TimeProvider clock, Action<IServiceCollection>? add = null)
        : this([store], clock, add: add)
    {
    }

    /// <summary>A node over several shards: a bucket lies in the one that its number leaves as the remainder.</summary>
    public TestNode(IReadOnlyList<IStore> stores, TimeProvider clock, long epoch = 1, Action<IServiceCollection>? add = null)
    {
        _map = new InTurn(stores.Count, epoch);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddModules([new ThingsModule()], new ConfigurationBuilder().Build(), new Faults());
        services.AddSingleton(TestShards.Over(_map, stores));

        services.AddSingleton<ICache, LostCache>();
        add?.Invoke(services);
        _services = services.BuildServiceProvider(validateScopes: true);
    }

    public Shard Shard => Get<Shards>().First;

    public SubscriptionContext Context => new(
        Get<IServiceScopeFactory>(), Get<Node>(), Get<StoredJson>(), Get<Heartbeats>(), Get<TimeProvider>(), NullLogger.Instance);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Lets the map say that a bucket lies in another shard from now on. Nothing is moved.</summary>
    public void Move(Bucket bucket, int shard) => _map.Move(bucket, shard);

    public AsyncServiceScope Scope() => _services.CreateAsyncScope();

    /// <summary>Lets something happen to a thing.</summary>
    public async Task HappenAsync(StreamId stream, params IReadOnlyList<string> what)
    {
        await using var scope = Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var thing = await work.LoadAsync<Thing>(stream, CancellationToken.None);
        thing.Append([.. what.Select(w => new Thing.Happened(w))]);
        await work.CommitAsync(CancellationToken.None);
    }

    /// <summary>What happened to a thing so far.</summary>
    public async Task<IReadOnlyList<string>> CountedAsync(StreamId stream) =>
        (await Get<Aggregates>().LoadAsync<Thing>(stream, CancellationToken.None)).State.Counted;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    // A cache that cannot be reached: nothing here may depend on one.
    private sealed class LostCache : ICache
    {
        public ValueTask<CacheEntry?> GetAsync(string key, CancellationToken cancellationToken) => throw Lost();

        public ValueTask SetAsync(string key, CacheEntry entry, TimeSpan lifetime, CancellationToken cancellationToken) => throw Lost();

        public ValueTask RemoveAsync(string key, CancellationToken cancellationToken) => throw Lost();

        public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken) => throw Lost();

        private static IOException Lost() => new("The cache is unavailable.");
    }
}
