using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Edge;

public sealed class NoEdgeTests : EdgeContract
{
    protected override ValueTask<IEdge> StartAsync() => ValueTask.FromResult<IEdge>(new NoEdge(new FakeClock()));

    protected override ValueTask ReadAsync(string path, params IReadOnlyList<string> keys) => default;

    protected override ValueTask<bool> HasAsync(string path) => ValueTask.FromResult(false);
}
