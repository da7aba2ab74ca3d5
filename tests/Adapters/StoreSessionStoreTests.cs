using Monolith.Adapters.Embedded;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests;

public class StoreSessionStoreTests : SessionStoreContract
{
    private Shards _shards = null!; // Set before any test by StartAsync.

    protected virtual int Count => 1;

    internal override async ValueTask<ISessionStore> StartAsync(FakeClock clock)
    {
        _shards = await StartShardsAsync(clock);
        return new StoreSessionStore(_shards, clock);
    }

    protected override ValueTask StopAsync() => _shards.DisposeAsync();

    private protected virtual ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        ValueTask.FromResult(TestShards.Over([.. Enumerable.Range(0, Count).Select(_ => new MemoryStore(clock))]));

    [Fact]
    public async Task Deletes_what_ran_out_when_the_user_starts_another_session()
    {
        var clock = new FakeClock();
        var store = new MemoryStore(clock);
        await using var shards = TestShards.Over(store);
        var sessions = new StoreSessionStore(shards, clock);
        var user = Id.New(clock, new Bucket(7));
        await sessions.PutAsync(NewSession(TimeSpan.FromHours(1)), CancellationToken.None);
        var valid = NewSession(TimeSpan.FromDays(2));
        await sessions.PutAsync(valid, CancellationToken.None);

        Assert.Equal(2, (await DocumentsAsync()).Count);
        clock.Advance(TimeSpan.FromDays(1));
        var started = NewSession(TimeSpan.FromDays(2));
        await sessions.PutAsync(started, CancellationToken.None);

        Assert.Equal([valid.Id.ToString(), started.Id.ToString()], (await DocumentsAsync()).Select(d => d.Id));

        async Task<IReadOnlyList<Document>> DocumentsAsync() =>
            await store.QueryAsync(new DocumentQuery("sessions.session.v1", 10), CancellationToken.None);

        SessionRecord NewSession(TimeSpan lifetime)
        {
            var id = Id.New(clock, new Bucket(7));
            var now = clock.GetUtcNow();
            return new SessionRecord(id, user, $"bearer-{id}", $"cookie-{id}", "Firefox on Linux", now, now, now + lifetime);
        }
    }
}

public sealed class StoreSessionStoreOnThreeShardsTests : StoreSessionStoreTests
{
    protected override int Count => 3;
}

public sealed class StoreSessionStoreOnSqliteTests : StoreSessionStoreTests
{
    private readonly SqliteDirectory _directory = new();

    protected override async ValueTask StopAsync()
    {
        await base.StopAsync();
        _directory.Dispose();
    }

    private protected override async ValueTask<Shards> StartShardsAsync(TimeProvider clock) =>
        TestShards.Over(await _directory.OpenAsync(clock));
}
