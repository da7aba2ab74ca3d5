using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

/// <summary>The model that other suites stand on keeps what a store promises, too.</summary>
public sealed class MemoryStoreTests : StoreContract
{
    protected override ValueTask<IStore> StartAsync(TimeProvider clock) => ValueTask.FromResult<IStore>(new MemoryStore(clock));
}

/// <summary>The model keeps what is promised of a store that can be moved, too.</summary>
public sealed class MemoryTransferTests : TransferStoreContract
{
    internal override ValueTask<ITransferStore> StartAsync(TimeProvider clock) =>
        ValueTask.FromResult<ITransferStore>(new MemoryStore(clock));
}
