using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Marten;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.Tests.Postgres;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>One server for all tests of the run, started by the first that needs it.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresTestServer>> _server = new(() => PostgresTestServer.StartAsync());
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> _templates = new();

    /// <summary>The server; the test is skipped where there is none.</summary>
    public static async Task<PostgresTestServer> ServerAsync()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        return await _server.Value;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await PgBouncer.StopSharedAsync();
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }

    /// <summary>Makes a store for a database; it is not opened yet.</summary>
    /// <param name="url">All of the URL.</param>
    /// <param name="clock">For leases.</param>
    internal static DatabaseStore Store(string url, TimeProvider clock)
    {
        var faults = new Faults();
        var parsed = AdapterUrl.Parse("Adapters:Store", url, faults)!; // Null only without a scheme.
        var settings = PostgresSettings.Read(parsed);
        faults.ThrowIfAny();
        return parsed.Scheme == "marten"
            ? new MartenStore(settings, clock, NullLogger<MartenStore>.Instance)
            : new PostgresStore(settings, clock, NullLogger<PostgresStore>.Instance);
    }

    /// <summary>Writes the URL of a database.</summary>
    internal static string Url(int port, string database, string more = "", string scheme = "postgres") =>
        PostgresTestServer.Url(port, database, $"?tls=disable{more}", scheme);

    /// <summary>Makes a database that has the schema of a scheme's store already.</summary>
    internal static async Task<string> CreateDatabaseAsync(string scheme = "postgres") => await (await ServerAsync()).CreateDatabaseAsync(
        await _templates.GetOrAdd(scheme, s => new(() => CreateTemplateAsync(s))).Value);

    private static async Task<string> CreateTemplateAsync(string scheme)
    {
        var (server, template) = (await ServerAsync(), $"template_{scheme}");
        await server.ExecuteAsync("postgres", $"create database {template} owner {PostgresTestServer.User}");
        await using var store = Store(Url(server.Port, template, "&pgbouncer=true", scheme), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return template;
    }
}
