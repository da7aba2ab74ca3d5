using System.Diagnostics;

namespace Monolith.Modules.Tests;

/// <summary>
/// Two web nodes and a worker as processes of their own, behind a real HAProxy and a real Varnish, with the configurations of
/// <c>deploy/</c>; on two PostgreSQL
/// databases, Redis, RabbitMQ and an object store. Everything that can move out has moved out.
/// </summary>
internal sealed class SharedDeployment : ISharedDeployment, IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly List<HostProcess> _nodes = [];
    private readonly List<IAsyncDisposable> _servers = [];
    private Balancer? _balancer;
    private VarnishTestServer? _edge;

    /// <inheritdoc />
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("monolith-").FullName;

    /// <inheritdoc />
    public Uri Address => _edge!.Address; // It is there once all is started.

    /// <inheritdoc />
    public IReadOnlyList<Uri> Nodes => [.. _nodes.Select(n => n.Address)];

    /// <inheritdoc />
    // The link of the last start is the one that holds; workers show none.
    public string Invitation => _nodes[1].Output.Split("token=")[1].Split('\n')[0].Trim();

    /// <summary>Why it cannot be started here; null when it can.</summary>
    public static string? Missing =>
        Balancer.Missing ?? VarnishTestServer.Missing ?? PostgresTestServer.Missing ?? RedisTestServer.Missing ?? RabbitTestServer.Missing
            ?? CephTestServer.Missing;

    /// <summary>Starts all of it.</summary>
    /// <param name="stores">The settings of the store.</param>
    public static async Task<SharedDeployment> StartAsync(Task<IReadOnlyList<string>> stores)
    {
        var deployment = new SharedDeployment();
        try
        {
            await deployment.LaunchAsync(stores);
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _nodes.ForEach(n => n.Dispose());
        _balancer?.Dispose();
        await Task.WhenAll(_servers.Select(s => s.DisposeAsync().AsTask()));
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task LaunchAsync(Task<IReadOnlyList<string>> stores)
    {
        var port = FreePort.Next(); // Known before there is a balancer: the edge is told where to look.
        var (redis, rabbit, ceph, edge) = (
            RedisTestServer.StartAsync(), RabbitTestServer.StartAsync(), CephTestServer.StartAsync(), VarnishTestServer.StartAsync(port));
        foreach (var server in new Task[] { redis, rabbit, ceph, edge })
        {
            await server;
        }

        _servers.AddRange([await redis, await rabbit, await ceph, await edge]);
        _edge = await edge;
        var cache = (await redis).Url();
        IReadOnlyList<string> common =
        [
            .. await stores,
            $"--Adapters:Cache={cache}", $"--Adapters:Sessions={cache}", $"--Adapters:Throttling={cache}",
            $"--Adapters:Queue={(await rabbit).Url()}",
            $"--Adapters:Blobs={(await ceph).Url(await (await ceph).CreateBucketAsync())}", $"--Adapters:Edge={_edge.Url()}",
            $"--Adapters:Mail=file:{Directory}/mail", "--TrustedProxies=127.0.0.1",
        ];
        foreach (var role in new[] { "web", "web", "worker" })
        {
            _nodes.Add(await HostProcess.StartAsync(Directory, [.. common, $"--Roles={role}"], CancellationToken.None));
        }

        _balancer = await Balancer.StartAsync(
            Directory, [.. _nodes.Take(2).Select(n => n.Address.Port)], CancellationToken.None, port: port);
        using var http = new HttpClient { BaseAddress = Address };
        for (var waited = Stopwatch.StartNew(); !await ServesAsync(http); await Task.Delay(50))
        {
            if (waited.Elapsed > _limit)
            {
                throw new TimeoutException($"Varnish does not find the balancer; it wrote:\n{_edge.Output}");
            }
        }
    }

    private static async Task<bool> ServesAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("/v1/limits");
        return answer.IsSuccessStatusCode;
    }
}
