using Monolith.Adapters.Tests.S3;

[assembly: AssemblyFixture(typeof(CephFixture))]

namespace Monolith.Adapters.Tests.S3;

/// <summary>One object store for all tests of the run, started by the first that needs it.</summary>
public sealed class CephFixture : IAsyncDisposable
{
    private static readonly Lazy<Task<CephTestServer>> _server = new(CephTestServer.StartAsync);

    /// <summary>The server; the test is skipped where there is none.</summary>
    public static async Task<CephTestServer> ServerAsync()
    {
        Assert.SkipWhen(CephTestServer.Missing is not null, CephTestServer.Missing ?? "");
        return await _server.Value;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // One that did not start has ended already, and the tests said so.
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
