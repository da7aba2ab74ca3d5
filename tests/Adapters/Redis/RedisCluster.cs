using Monolith.Adapters.Tests.Redis;

[assembly: AssemblyFixture(typeof(RedisCluster))]

namespace Monolith.Adapters.Tests.Redis;

/// <summary>One cluster of three masters for all tests of the run, started by the first that needs it.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;

    private static readonly Lazy<Task<IReadOnlyList<RedisTestServer>>> _servers = new(() => StartAsync());

    /// <summary>The servers; the test is skipped where there are none.</summary>
    public static Task<IReadOnlyList<RedisTestServer>> ServersAsync() => _servers.Value;

    /// <summary>Its URL.</summary>
    public static string Url(IReadOnlyList<RedisTestServer> servers, string more) =>
        $"redis://{string.Join(',', servers.Select(s => $"127.0.0.1:{s.Port}"))}?cluster=true{more}";

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_servers.IsValueCreated && !_servers.Value.IsFaulted)
        {
            foreach (var server in await _servers.Value)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Starts another one, which the test ends.</summary>
    /// <param name="settings">Further settings of each server.</param>
    internal static async Task<IReadOnlyList<RedisTestServer>> StartAsync(params string[] settings)
    {
        var servers = new List<RedisTestServer>();

        // By itself a node takes its port + 10,000 for the cluster, which lies among those of outgoing connections and may be in use.
        var bus = new[] { FreePort.Next(), FreePort.Next(), FreePort.Next() };
        for (var i = 0; i < 3; i++)
        {
            servers.Add(
                await RedisLinks.ServerAsync(
                    ["--cluster-enabled", "yes", "--cluster-port", $"{bus[i]}", "--cluster-node-timeout", "2000", .. settings]));
            await servers[i].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{i * Slots / 3}", $"{((i + 1) * Slots / 3) - 1}");
            await servers[i].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
            await servers[i].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{servers[0].Port}", $"{bus[0]}");
        }

        foreach (var server in servers)
        {
            await Eventually.IsSoAsync(async () =>
                (await server.AskAllAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal));
        }

        return servers;
    }
}
