using Monolith.Adapters.Postgres;

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>PostgreSQL stores of one test, each in a database of its own unless asked otherwise; all are gone afterwards.</summary>
/// <param name="scheme">Which kind of store.</param>
internal sealed class PostgresDatabases(string scheme = "postgres") : IAsyncDisposable
{
    private readonly List<DatabaseStore> _stores = [];
    private readonly List<string> _databases = [];

    /// <summary>Opens a store in a new database.</summary>
    public async Task<IStore> OpenAsync(TimeProvider clock, string more = "", int? port = null) =>
        await OpenAsync(await CreateAsync(), clock, more, port);

    /// <summary>Makes a new database.</summary>
    public async Task<string> CreateAsync()
    {
        var database = await PostgresFixture.CreateDatabaseAsync(scheme);
        _databases.Add(database);
        return database;
    }

    /// <summary>Opens another store on a database, as another node would.</summary>
    public async Task<DatabaseStore> OpenAsync(string database, TimeProvider clock, string more = "", int? port = null)
    {
        var url = PostgresFixture.Url(port ?? (await PostgresFixture.ServerAsync()).Port, database, more, scheme);
        var store = PostgresFixture.Store(url, clock);
        _stores.Add(store);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>Closes and drops what there is so far; more can be opened.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        foreach (var database in _databases)
        {
            await (await PostgresFixture.ServerAsync()).DropDatabaseAsync(database);
        }

        _stores.Clear();
        _databases.Clear();
    }
}
