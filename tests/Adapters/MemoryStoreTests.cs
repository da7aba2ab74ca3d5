using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

/// <summary>The model that other suites stand on keeps what a store promises, too.</summary>
public sealed class MemoryStoreTests : StoreContract
{
    protected override ValueTask<IStore> StartAsync(TimeProvider clock) => ValueTask.FromResult<IStore>(new MemoryStore(clock));
}
