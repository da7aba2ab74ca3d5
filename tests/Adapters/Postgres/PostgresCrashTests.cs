using System.Collections.Concurrent;
using Monolith.Adapters.Postgres;

namespace Monolith.Adapters.Tests.Postgres;

public class PostgresCrashTests
{
    /// <summary>Which kind of store.</summary>
    protected string Scheme { get; init; } = "postgres";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_what_was_acknowledged_once_when_the_server_is_killed_and_goes_on_when_it_is_back()
    {
        Assert.SkipWhen(PostgresTestServer.Missing is not null, PostgresTestServer.Missing ?? "");
        await using var server = await PostgresTestServer.StartAsync();
        await server.ExecuteAsync("postgres", $"create database crash owner {PostgresTestServer.User}");
        await using var one = PostgresFixture.Store(PostgresFixture.Url(server.Port, "crash", scheme: Scheme), TimeProvider.System);
        await using var two = PostgresFixture.Store(PostgresFixture.Url(server.Port, "crash", scheme: Scheme), TimeProvider.System);
        await one.OpenAsync(Cancellation);
        await two.OpenAsync(Cancellation);
        var acknowledged = new ConcurrentDictionary<Guid, long>();
        var isBack = new TaskCompletionSource();

        var writers = Enumerable.Range(0, 8).Select(i => Task.Run(
            () => WriteAsync(i % 2 == 0 ? one : two, acknowledged, isBack.Task), Cancellation)).ToList();
        while (acknowledged.Count < 100)
        {
            await Task.Delay(5, Cancellation);
        }

        server.Kill();
        await server.RestartAsync();
        isBack.SetResult();
        await Task.WhenAll(writers);

        var log = await one.LogAsync();
        var positions = log.ToDictionary(e => e.Id, e => e.Position); // Throws where one is there twice.
        Assert.All(acknowledged, a => Assert.Equal(a.Value, positions[a.Key]));
        Assert.Equal(Enumerable.Range(1, log.Count).Select(i => (long)i), log.Select(e => e.Position));
        Assert.Empty(await HashChains.BrokenAsync(two, Cancellation));
    }

    // Sends each commit until it is acknowledged, as callers do, and ends some commits after the server is back.
    private static async Task WriteAsync(DatabaseStore store, ConcurrentDictionary<Guid, long> acknowledged, Task isBack)
    {
        var stream = TestCommits.NewStream();
        for (var (version, left) = (0, 20); left > 0; version++)
        {
            var commit = TestCommits.Appending(stream, version);
            acknowledged[commit.Appends[0].Events[0].Id] = await AcknowledgedAsync(store, commit);
            left -= isBack.IsCompleted ? 1 : 0;
        }
    }

    private static async Task<long> AcknowledgedAsync(DatabaseStore store, Commit commit)
    {
        while (true)
        {
            try
            {
                return await store.CommittedAsync(commit);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(20, Cancellation);
            }
        }
    }
}
