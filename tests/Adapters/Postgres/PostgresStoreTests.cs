using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Postgres;

public sealed class PostgresStoreTests : StoreContract
{
    private readonly PostgresDatabases _databases = new();

    protected override async ValueTask<IStore> StartAsync(TimeProvider clock) => await _databases.OpenAsync(clock);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}

public sealed class PgBouncerStoreTests : StoreContract
{
    private readonly PostgresDatabases _databases = new();

    protected override async ValueTask<IStore> StartAsync(TimeProvider clock) =>
        await _databases.OpenAsync(clock, "&pgbouncer=true", (await PgBouncer.SharedAsync()).Port);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}

public sealed class StoreQueueOnPostgresTests : StoreQueueTests
{
    private readonly PostgresDatabases _databases = new();

    protected override async ValueTask StopAsync()
    {
        await base.StopAsync();
        await _databases.DisposeAsync();
    }

    private protected override async ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        TestShards.Over(await _databases.OpenAsync(clock));
}

public sealed class StoreSessionStoreOnPostgresTests : StoreSessionStoreTests
{
    private readonly PostgresDatabases _databases = new();

    protected override async ValueTask StopAsync()
    {
        await base.StopAsync();
        await _databases.DisposeAsync();
    }

    private protected override async ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        TestShards.Over(await _databases.OpenAsync(clock));
}
