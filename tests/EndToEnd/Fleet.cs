namespace Monolith.EndToEnd.Tests;

/// <summary>
/// Two web nodes and two workers, started for the first time at the same instant on an empty PostgreSQL; the web nodes behind HAProxy and
/// behind nginx.
/// </summary>
public sealed class Fleet : IAsyncLifetime
{
    /// <summary>As long as HAProxy needs to notice, as the ladder page says.</summary>
    private const string Drain = "Limits:DrainSeconds=3";

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly int[] _ports = [FreePort.Next(), FreePort.Next()];
    private readonly Dictionary<string, Balancer> _balancers = [];
    private HostProcess[] _nodes = [];

    /// <summary>Its database server; null where there is none.</summary>
    internal PostgresTestServer? Postgres { get; private set; }

    /// <summary>Web nodes first.</summary>
    internal IReadOnlyList<HostProcess> Nodes => _nodes;

    internal Balancer Behind(string product)
    {
        var missing = PostgresTestServer.Missing ?? Product(product).Missing;
        Assert.SkipWhen(missing is not null, missing ?? "");
        return _balancers[product];
    }

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        if (PostgresTestServer.Missing is not null)
        {
            return;
        }

        Postgres = await PostgresTestServer.StartAsync();
        await Postgres.ExecuteAsync("postgres", $"create database monolith owner {PostgresTestServer.User}");
        _nodes = await Task.WhenAll(StartWebAsync(0), StartWebAsync(1), StartAsync("worker"), StartAsync("worker"));
        foreach (var product in new[] { "haproxy", "nginx" }.Where(p => Product(p).Missing is null))
        {
            _balancers[product] = await Balancer.StartAsync(_folder, _ports, CancellationToken.None, Product(product));
        }
    }

    /// <summary>Replaces a web node by a new process in the same place.</summary>
    /// <returns>The exit code of the former.</returns>
    internal async Task<int> ReplaceAsync(int web, CancellationToken cancellationToken)
    {
        var code = await _nodes[web].StopAsync(cancellationToken);
        _nodes[web].Dispose();
        _nodes[web] = await StartWebAsync(web);
        return code;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        foreach (var balancer in _balancers.Values)
        {
            balancer.Dispose();
        }

        Array.ForEach(_nodes, n => n.Dispose());
        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static Balancer.Product Product(string name) => name == "nginx" ? Balancer.Nginx : Balancer.HaProxy;

    private Task<HostProcess> StartWebAsync(int index) => StartAsync("web", _ports[index]);

    private Task<HostProcess> StartAsync(string role, int? port = null)
    {
        // Started before them.
        var store = $"Adapters:Store={Postgres!.Url("monolith")}";
        return HostProcess.StartAsync(_folder, [store, $"Roles={role}", "TrustedProxies=127.0.0.1", Drain], CancellationToken.None, port);
    }
}
