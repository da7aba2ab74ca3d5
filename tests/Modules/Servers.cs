using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Monolith.Modules.Tests;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Monolith.Modules.Tests;

/// <summary>The servers of the topologies: one PostgreSQL for all tests of the run, started by the first that needs it.</summary>
public sealed class Servers : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresTestServer>> _postgres = new(() => PostgresTestServer.StartAsync());
    private static readonly Lazy<Task<SharedDeployment>> _full = new(() => SharedDeployment.StartAsync(TwoDatabasesAsync("full")));
    private static readonly ConcurrentDictionary<(string Directory, string Shard), Lazy<Task<string>>> _urls = [];

    [ModuleInitializer]
    internal static void Offer()
    {
        Topology.OnServers["postgres"] = async directory => [$"--Adapters:Store={await UrlAsync(directory, "")}"];
        Topology.OnServers["marten"] = async directory => [$"--Adapters:Store={await UrlAsync(directory, "", "marten")}"];
        Topology.OnServers["postgres-shards"] = TwoDatabasesAsync;
        Topology.Shared["full"] = async () => await _full.Value;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_full is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _full.Value).DisposeAsync();
        }

        if (_postgres.IsValueCreated)
        {
            await (await _postgres.Value).DisposeAsync();
        }
    }

    private static async Task<IReadOnlyList<string>> TwoDatabasesAsync(string directory) =>
        [$"--Adapters:Store:a={await UrlAsync(directory, "a")}", $"--Adapters:Store:b={await UrlAsync(directory, "b")}"];

    // A host that starts again in a directory finds there what it left.
    private static Task<string> UrlAsync(string directory, string shard, string scheme = "postgres") =>
        _urls.GetOrAdd((directory, shard), _ => new(() => CreateAsync(scheme))).Value;

    // A small pool: several hosts run at once, and all of them share the connections of one server.
    private static async Task<string> CreateAsync(string scheme)
    {
        var server = await _postgres.Value;
        return server.Url(await server.CreateDatabaseAsync(), "?tls=disable&pool=8", scheme);
    }
}
