using Monolith.Adapters.Embedded;

namespace Monolith.Adapters.Tests;

/// <summary>SQLite stores in a directory that is gone afterwards.</summary>
internal sealed class SqliteDirectory : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly List<SqliteStore> _stores = [];

    public Task<IStore> OpenAsync(TimeProvider clock) => OpenAsync($"{_stores.Count}.db", clock);

    public async Task<IStore> OpenAsync(string file, TimeProvider clock)
    {
        var store = Create(file, clock);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>Makes one that is not open yet.</summary>
    public SqliteStore Create(string file, TimeProvider clock)
    {
        var store = new SqliteStore(Path.Combine(_path, file), clock);
        _stores.Add(store);
        return store;
    }

    public string PathOf(string file) => Path.Combine(_path, file);

    public void Dispose()
    {
        _stores.ForEach(s => s.Dispose());
        Directory.Delete(_path, recursive: true);
    }
}
