using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Postgres;

public sealed class PostgresTransferTests : TransferStoreContract
{
    private readonly PostgresDatabases _databases = new();

    internal override async ValueTask<ITransferStore> StartAsync(TimeProvider clock) => (ITransferStore)await _databases.OpenAsync(clock);

    protected override ValueTask StopAsync() => _databases.DisposeAsync();
}
