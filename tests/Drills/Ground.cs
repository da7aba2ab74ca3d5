using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Embedded;
using Monolith.Adapters.Postgres;
using Npgsql;

namespace Monolith.Drills;

/// <summary>
/// What the hosts of a drill stand on: how many there are, what they are told, and a look at their store once they are gone.
/// </summary>
internal abstract class Ground : IAsyncDisposable
{
    /// <summary>How many hosts write at once.</summary>
    public abstract int Nodes { get; }

    /// <summary>Settings of every host, each as <c>name=value</c>.</summary>
    public abstract IReadOnlyList<string> Settings { get; }

    /// <summary>Opens the store, to be read.</summary>
    public abstract Task ReadAsync(Func<IStore, Task> read, CancellationToken cancellationToken);

    /// <summary>How many messages are left in the store.</summary>
    public abstract Task<long> MessagesAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>One host on its embedded store.</summary>
internal sealed class EmbeddedGround(string folder, params IReadOnlyList<string> settings) : Ground
{
    private readonly string _path = Path.Combine(folder, "data", "store.db");

    public override int Nodes => 1;

    public override IReadOnlyList<string> Settings => settings;

    public override async Task ReadAsync(Func<IStore, Task> read, CancellationToken cancellationToken)
    {
        using var store = new SqliteStore(_path, TimeProvider.System);
        await store.OpenAsync(cancellationToken);
        await read(store);
    }

    public override Task<long> MessagesAsync(CancellationToken cancellationToken)
    {
        using var connection = new SqliteConnection(_path, isReadOnly: true);
        using var rows = connection.Prepare("select count(*) from messages").Query();
        rows.Next();
        return Task.FromResult(rows.Number(0));
    }

    public override ValueTask DisposeAsync() => default;
}

/// <summary>Two hosts that share a real PostgreSQL.</summary>
internal sealed class PostgresGround : Ground
{
    private const string Database = "monolith";

    private readonly IReadOnlyList<string> _settings;

    private PostgresGround(PostgresTestServer server, IReadOnlyList<string> settings) => (Server, _settings) = (server, settings);

    /// <summary>The server, to be stopped and started.</summary>
    public PostgresTestServer Server { get; }

    public override int Nodes => 2;

    public override IReadOnlyList<string> Settings => [$"Adapters:Store={Url}", .. _settings];

    private string Url => Server.Url(Database, "?tls=disable");

    /// <param name="settings">Of every host, beside its store.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public static async Task<PostgresGround> StartAsync(params IReadOnlyList<string> settings)
    {
        if (PostgresTestServer.Missing is { } missing)
        {
            throw new InvalidOperationException(missing);
        }

        var server = await PostgresTestServer.StartAsync();
        await server.ExecuteAsync("postgres", $"create database {Database} owner {PostgresTestServer.User}");
        return new PostgresGround(server, settings);
    }

    public override async Task ReadAsync(Func<IStore, Task> read, CancellationToken cancellationToken)
    {
        var faults = new Faults();
        var settings = PostgresSettings.Read(AdapterUrl.Parse("Adapters:Store", Url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        await using var store = new PostgresStore(settings, TimeProvider.System, NullLogger<PostgresStore>.Instance);
        await store.OpenAsync(cancellationToken);
        await read(store);
    }

    public override async Task<long> MessagesAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString(Database));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select count(*) from monolith.messages", connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    public override ValueTask DisposeAsync() => Server.DisposeAsync();
}
