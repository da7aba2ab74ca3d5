using Monolith.Adapters.Redis;
using Monolith.Adapters.Tests.Postgres;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Redis;

public sealed class RedisSessionStoreTests : SessionStoreContract
{
    private readonly RedisLinks _links = new();
    private readonly List<Shards> _nodes = [];
    private readonly List<string> _asked = [];
    private RedisTestServer _server = null!; // Set before any test by StartAsync.
    private MemoryStore _store = null!; // see above
    private FakeClock _clock = null!; // see above

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal override async ValueTask<ISessionStore> StartAsync(FakeClock clock)
    {
        _server = await RedisLinks.ServerAsync();
        (_store, _clock) = (new MemoryStore(clock), clock);
        return (await NodeAsync()).Sessions;
    }

    protected override async ValueTask StopAsync()
    {
        await _links.DisposeAsync();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Answers_from_Redis_on_every_node_without_asking_the_store()
    {
        var (one, two) = (await NodeAsync(), await NodeAsync());
        var session = await StartSessionAsync(one, two);
        await FindAsync(one, session);

        var before = Queries();
        Assert.Equal(session, await FindAsync(one, session));
        Assert.Equal(session, await FindAsync(two, session));

        Assert.Equal(before, Queries());
    }

    [Fact]
    public async Task Ends_a_session_on_every_node_at_once()
    {
        var (one, two) = (await NodeAsync(), await NodeAsync());
        for (var i = 0; i < 50; i++)
        {
            var session = await StartSessionAsync(one, two);
            Assert.NotNull(await FindAsync(one, session));
            Assert.NotNull(await FindAsync(two, session));

            await one.Sessions.RemoveAsync(session.UserId, session.Id, Cancellation);

            Assert.Null(await FindAsync(two, session));
            Assert.Null(await FindAsync(one, session));
        }
    }

    [Fact]
    public async Task Does_not_bring_back_a_session_that_ended_while_another_node_was_reading_it()
    {
        var (one, two) = (await NodeAsync(), await NodeAsync());
        for (var i = 0; i < 50; i++)
        {
            var session = await StartSessionAsync(one, two);

            await Task.WhenAll(
                Task.Run(() => FindAsync(two, session), Cancellation),
                Task.Run(async () => await one.Sessions.RemoveAsync(session.UserId, session.Id, Cancellation), Cancellation),
                Task.Run(() => FindAsync(one, session), Cancellation));

            Assert.Null(await FindAsync(two, session));
            Assert.Null(await FindAsync(one, session));
        }
    }

    [Fact]
    public async Task Signs_no_user_out_and_none_in_when_Redis_loses_everything_or_brings_back_what_ended()
    {
        var node = await NodeAsync();
        var (valid, ended) = (await StartSessionAsync(node), await StartSessionAsync(node));
        await FindAsync(node, valid);
        await FindAsync(node, ended);
        await _server.AskAsync("SAVE");
        await node.Sessions.RemoveAsync(ended.UserId, ended.Id, Cancellation);

        _server.Kill();
        Assert.Equal(valid, await FindAsync(node, valid));
        Assert.Null(await FindAsync(node, ended));
        await _server.RestartAsync(); // with the copies of both, from the file
        await Eventually.IsSoAsync(() => node.Link.Fault is null, () => node.Link.Fault);
        var late = await NodeAsync();

        Assert.Equal(":1", await _server.AskAsync("EXISTS", $"monolith:sc:{ended.BearerHash}"));
        foreach (var each in new[] { node, late })
        {
            Assert.Equal(valid, await FindAsync(each, valid));
            Assert.Null(await FindAsync(each, ended));
        }
    }

    [Fact]
    public async Task Ends_a_session_by_the_log_where_the_node_that_ended_it_could_not_tell_Redis()
    {
        var (cut, other) = (await NodeAsync(), await NodeAsync());
        var session = await StartSessionAsync(cut, other);
        Assert.NotNull(await FindAsync(other, session));
        await cut.Link.StopAsync(Cancellation);

        await cut.Sessions.RemoveAsync(session.UserId, session.Id, Cancellation);
        // as it finds in the log
        await other.Sessions.EvictAsync($"session-{session.Id}", new LogPosition(0, await CommitAsync(other)), Cancellation);

        Assert.Null(await FindAsync(other, session));
    }

    private async Task<Node> NodeAsync()
    {
        var shards = TestShards.Over(InterceptedStore.Before(_store, method => { lock (_asked) { _asked.Add(method); } }));
        _nodes.Add(shards);
        await shards.OpenAsync(Cancellation);
        var (sessions, link) = await _links.SessionsAsync(_server.Url(), shards, _clock);
        return new Node(sessions, link, shards);
    }

    // As logging in does: an event, then the session; and something else happens before it is used.
    private async Task<SessionRecord> StartSessionAsync(params Node[] nodes)
    {
        var user = Id.New(_clock, new Bucket(42));
        var id = Id.New(_clock, new Bucket(42));
        var now = _clock.GetUtcNow();
        var session = new SessionRecord(
            id, user, $"bearer-{id}", $"cookie-{id}", "Firefox on Linux", now, now, now + TimeSpan.FromDays(30));
        await nodes[0].Sessions.PutAsync(session, Cancellation);
        foreach (var node in nodes)
        {
            await CommitAsync(node);
        }

        return session;
    }

    private static async Task<long> CommitAsync(Node node) =>
        ((Committed)await node.Shards.First.CommitAsync(TestCommits.Appending(TestCommits.NewStream(), 0), Cancellation)).Position;

    private static async Task<SessionRecord?> FindAsync(Node node, SessionRecord session) =>
        await node.Sessions.FindAsync(Bucket.Of(session.UserId), session.BearerHash, Cancellation);

    private int Queries()
    {
        lock (_asked)
        {
            return _asked.Count(method => method == nameof(IStore.QueryAsync));
        }
    }

    private sealed record Node(RedisSessionStore Sessions, RedisLink Link, Shards Shards);
}
