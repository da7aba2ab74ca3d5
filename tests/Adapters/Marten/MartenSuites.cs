using Monolith.Adapters.Tests.Postgres;
using Monolith.Adapters.Tests.Properties;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Marten;

// Every suite that postgres:// passes.
public sealed class MartenStoreTests : StoreContract
{
    private readonly PostgresDatabases _databases = new("marten");

    protected override async ValueTask<IStore> StartAsync(TimeProvider clock) => await _databases.OpenAsync(clock);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}

public sealed class PgBouncerMartenStoreTests : StoreContract
{
    private readonly PostgresDatabases _databases = new("marten");

    protected override async ValueTask<IStore> StartAsync(TimeProvider clock) =>
        await _databases.OpenAsync(clock, "&pgbouncer=true", (await PgBouncer.SharedAsync()).Port);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}

public sealed class MartenTransferTests : TransferStoreContract
{
    private readonly PostgresDatabases _databases = new("marten");

    internal override async ValueTask<ITransferStore> StartAsync(TimeProvider clock) => (ITransferStore)await _databases.OpenAsync(clock);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}

public sealed class MartenNodesTests : PostgresNodesTests
{
    public MartenNodesTests() => Scheme = "marten";
}

public sealed class MartenCrashTests : PostgresCrashTests
{
    public MartenCrashTests() => Scheme = "marten";
}

public sealed class MartenPlanTests : PostgresPlanTests
{
    public MartenPlanTests() => (Scheme, Passed) = ("marten", "mt_events");
}

public sealed class MartenProperties : PostgresProperties
{
    public MartenProperties() => (Scheme, Tables) = (
        "marten", "monolith.streams, monolith.documents, monolith.entries, monolith.messages, marten.mt_events, marten.mt_streams");
}

public sealed class MartenRacingWriters : PostgresRacingWriters
{
    public MartenRacingWriters() => Scheme = "marten";
}
