using System.Text;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Marten;
using Monolith.Adapters.Marten.Reports;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.Tests.Postgres;

namespace Monolith.Adapters.Tests.Reports;

/// <summary>A node with reports beside PostgreSQL stores, without its web server. Several can be on the same databases.</summary>
internal sealed class ReportScene : IAsyncDisposable
{
    private static readonly Bucket _bucket = new(7);

    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _running = [];

    private ReportScene(ServiceProvider services) => _services = services;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public IReadOnlyList<Shard> Shards => _services.GetRequiredService<Shards>().All;

    public IReports Reports => _services.GetRequiredService<IReports>();

    public Heartbeats Heartbeats => _services.GetRequiredService<Heartbeats>();

    public LagWatch Lag => _services.GetRequiredService<LagWatch>();

    public string? Fault => _services.GetRequiredService<IEnumerable<IExternalDependency>>().Single(o => o.Port == "Reports").Fault;

    /// <summary>Makes Marten's store of the report in the first shard, for what the port does not offer.</summary>
    public DocumentStore Documents => _services.GetRequiredService<ReportStores>().All.First().Store.Documents;

    /// <summary>Opens stores and reports; nothing runs yet.</summary>
    /// <param name="databases">One shard each.</param>
    /// <param name="clock">For leases and pauses.</param>
    /// <param name="more">What follows the URLs of the stores.</param>
    /// <param name="reports">The setting.</param>
    public static async Task<ReportScene> OpenAsync(
        IReadOnlyList<string> databases, TimeProvider? clock = null, string more = "", string reports = "marten:", int? port = null)
    {
        var scene = await BuildAsync(databases, clock, more, reports, port);
        try
        {
            await scene._services.GetRequiredService<Shards>().OpenAsync(Cancelled);
            foreach (var outside in scene._services.GetServices<IExternalDependency>())
            {
                await outside.LookAsync(Cancelled);
            }

            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts the node together and opens nothing.</summary>
    public static async Task<ReportScene> BuildAsync(
        IReadOnlyList<string> databases, TimeProvider? clock = null, string more = "", string reports = "marten:", int? port = null)
    {
        port ??= (await PostgresFixture.ServerAsync()).Port;
        var folder = Path.GetTempPath();
        var settings = new Dictionary<string, string?>
        {
            ["Adapters:Reports"] = reports,
            ["Adapters:Blobs"] = $"file:{folder}/blobs",
            ["Adapters:Mail"] = $"file:{folder}/mail",
        };
        for (var i = 0; i < databases.Count; i++)
        {
            settings[$"Adapters:Store:s{i}"] = PostgresFixture.Url(port.Value, databases[i], more);
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var (services, faults) = (new ServiceCollection(), new Faults());
        services.AddLogging().AddMetrics();
        if (clock is not null)
        {
            services.AddSingleton(clock);
        }

        services.AddModules([], configuration, faults).AddAdapters(
            configuration,
            [
                new SqliteAdapter(), new MemoryAdapter(), new FileAdapter(), new StoreAdapter(), new NoneAdapter(), new PostgresAdapter(),
                new MartenAdapter(),
            ],
            faults);
        services.AddSingleton<IReport>(new ThingsReport());
        faults.ThrowIfAny();
        return new ReportScene(services.BuildServiceProvider());
    }

    /// <summary>Starts what follows the log for reports, on this node.</summary>
    public async Task RunAsync()
    {
        foreach (var service in _services.GetServices<IHostedService>().Where(s => s is ReportWatch or ReportDaemons))
        {
            await service.StartAsync(Cancelled);
            _running.Add(service);
        }
    }

    /// <summary>Looks how far projections came, as every node does every few seconds.</summary>
    public async Task MeasureAsync()
    {
        await _services.GetServices<IHostedService>().OfType<ReportWatch>().Single().LookAsync(Cancelled);
        await Lag.MeasureAsync(Cancelled);
    }

    /// <summary>Stores an event.</summary>
    /// <returns>Its position.</returns>
    public async Task<long> AppendAsync(string key, long version, string type, string data, int shard = 0) =>
        await AppendAsync(key, version, type, Encoding.UTF8.GetBytes(data), shard);

    /// <inheritdoc cref="AppendAsync(string, long, string, string, int)" />
    public async Task<long> AppendAsync(string key, long version, string type, byte[] data, int shard = 0)
    {
        var @event = new NewEvent(Id.New(TimeProvider.System, _bucket), type, data, TimeProvider.System.GetUtcNow(), default);
        var commit = new Commit
        {
            Id = Id.New(TimeProvider.System, _bucket), Bucket = _bucket,
            Appends = [new Append(new StreamId(_bucket, "thing", key), version - 1, [@event])],
        };
        return Assert.IsType<Committed>(Assert.Single(await Shards[shard].Store.CommitAsync([commit], Cancelled))).Position;
    }

    /// <summary>Reads in every shard.</summary>
    public Task<IReadOnlyList<T>> ReadAsync<T>(Func<IQuerySession, CancellationToken, Task<T>> read) =>
        _services.GetRequiredService<IReportSessions>().ReadAsync(new ThingsReport(), read, Cancelled);

    /// <summary>Reads all documents of a kind, of every shard.</summary>
    public async Task<IReadOnlyList<T>> AllAsync<T>()
        where T : class =>
        [.. (await ReadAsync(async (s, cancelled) => await s.Query<T>().ToListAsync(cancelled))).SelectMany(found => found)];

    /// <summary>Waits until every projection has everything.</summary>
    public Task CaughtUpAsync(params string[] projections) => Eventually.IsSoAsync(async () =>
        (await Reports.StandingsAsync(Cancelled)).Where(s => projections.Length == 0 || projections.Contains(s.Projection))
            .All(s => s.Position == s.Head && !s.IsRebuilding), () => $"all is there; fault: {Fault}");

    /// <summary>A lease as another node would take it.</summary>
    public ShardLease LeaseOf(string report) => new(
        $"reports.{report}", Shards[0], _services.GetRequiredService<Node>(), _services.GetRequiredService<StoredJson>(),
        _services.GetRequiredService<TimeProvider>());

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _running)
        {
            await service.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }
}
