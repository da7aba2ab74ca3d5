using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public sealed class SqliteTransferTests : TransferStoreContract
{
    private readonly SqliteDirectory _directory = new();

    internal override async ValueTask<ITransferStore> StartAsync(TimeProvider clock) => (ITransferStore)await _directory.OpenAsync(clock);

    protected override ValueTask StopAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
