using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.Tests.Postgres;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Monolith.Adapters.Tests.Postgres;

/// <summary>One server for all tests of the run, started by the first that needs it.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private const string Template = "template_monolith";

    private static readonly Lazy<Task<PostgresTestServer>> _server = new(StartAsync);

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
    internal static PostgresStore Store(string url, TimeProvider clock)
    {
        var faults = new Faults();
        var settings = PostgresSettings.Read(AdapterUrl.Parse("Adapters:Store", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        return new PostgresStore(settings, clock, NullLogger<PostgresStore>.Instance);
    }

    /// <summary>Writes the URL of a database.</summary>
    internal static string Url(int port, string database, string more = "") =>
        PostgresTestServer.Url(port, database, $"?tls=disable{more}");

    /// <summary>Makes a database that has the schema already.</summary>
    internal static async Task<string> CreateDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync(Template);

    private static async Task<PostgresTestServer> StartAsync()
    {
        var server = await PostgresTestServer.StartAsync();
        await server.ExecuteAsync("postgres", $"create database {Template} owner {PostgresTestServer.User}");
        await using var store = Store(Url(server.Port, Template, "&pgbouncer=true"), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return server;
    }
}
