using Monolith.Adapters.Tests.RabbitMq;

[assembly: AssemblyFixture(typeof(RabbitFixture))]

namespace Monolith.Adapters.Tests.RabbitMq;

/// <summary>One broker for all tests of the run, started by the first that needs it. Each test has queues of its own in it.</summary>
public sealed class RabbitFixture : IAsyncDisposable
{
    /// <summary>Its tests run one after the other, because some take it away.</summary>
    public const string Collection = "RabbitMQ";

    private static int _queues;

    private static readonly Lazy<Task<RabbitTestServer>> _server = new(RabbitTestServer.StartAsync);

    /// <summary>The broker; the test is skipped where there is none.</summary>
    public static async Task<RabbitTestServer> ServerAsync()
    {
        Assert.SkipWhen(RabbitTestServer.Missing is not null, RabbitTestServer.Missing ?? "");
        return await _server.Value;
    }

    /// <summary>The query of a URL whose queues no other test has.</summary>
    public static string OwnQueues() => $"?queues=test-{Interlocked.Increment(ref _queues)}";

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
