using System.Collections.Concurrent;
using Monolith.Adapters.Tests.Postgres;
using Monolith.Modules.Tests;

[assembly: AssemblyFixture(typeof(PostgresTopology))]

namespace Monolith.Modules.Tests;

/// <summary>One PostgreSQL for all tests of the run, started by the first that needs it, with databases of its own for each directory.</summary>
public sealed class PostgresTopology : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresTestServer>> _server = new(() => PostgresTestServer.StartAsync());

    private static readonly ConcurrentDictionary<(string Directory, string Shard), Lazy<Task<string>>> _urls = [];

    /// <summary>The URL of an empty database, the same for whoever asks with the same directory and shard.</summary>
    internal static Task<string> UrlAsync(string directory, string shard = "") =>
        _urls.GetOrAdd((directory, shard), _ => new(CreateAsync)).Value;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }

    // A small pool: several hosts run at once, and all of them share the connections of one server.
    private static async Task<string> CreateAsync()
    {
        var server = await _server.Value;
        var password = Uri.EscapeDataString(PostgresTestServer.Password);
        return $"postgres://{PostgresTestServer.User}:{password}@127.0.0.1:{server.Port}/{await server.CreateDatabaseAsync()}?tls=disable&pool=8";
    }
}
