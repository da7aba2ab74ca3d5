namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every session store promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract class SessionStoreContract : IAsyncLifetime
{
    private static readonly Bucket _home = new(42, 4_242);

    private readonly FakeClock _clock = new();

    private ISessionStore Sessions { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a store without sessions.</summary>
    internal abstract ValueTask<ISessionStore> StartAsync(FakeClock clock);

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Sessions = await StartAsync(_clock);

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Finds_a_session_by_either_hash_as_it_was_put()
    {
        var session = await PutAsync(NewSession(NewUser()) with { Device = "Ädas Telefon 📱" });

        Assert.Equal(session, await FindAsync(session.BearerHash));
        Assert.Equal(session, await FindAsync(session.CookieHash));
    }

    [Fact]
    public async Task Finds_nothing_for_a_hash_that_never_was()
    {
        await PutAsync(NewSession(NewUser()));

        Assert.Null(await FindAsync("none"));
        Assert.Null(await FindAsync(""));
    }

    [Fact]
    public async Task Finds_sessions_whatever_bucket_their_user_is_in()
    {
        var sessions = Enumerable.Range(0, 12).Select(i => NewSession(NewUser(new Bucket(i * 341, i * 20_000)))).ToList();
        foreach (var session in sessions)
        {
            await PutAsync(session);
        }

        foreach (var session in sessions)
        {
            Assert.Equal(session, await FindAsync(session.BearerHash, Bucket.Of(session.UserId)));
            Assert.Equal(session, await FindAsync(session.CookieHash, Bucket.Of(session.UserId)));
            Assert.Null(await FindAsync("none", Bucket.Of(session.UserId)));
            Assert.Equal([session], await ListAsync(session.UserId));
        }
    }

    [Fact]
    public async Task Replaces_a_session()
    {
        var session = await PutAsync(NewSession(NewUser()));

        var seen = await PutAsync(session with { LastSeenAt = session.LastSeenAt.AddMinutes(5), BearerHash = "renewed" });

        Assert.Equal(seen, await FindAsync("renewed"));
        Assert.Null(await FindAsync(session.BearerHash));
        Assert.Equal([seen], await ListAsync(session.UserId));
    }

    [Fact]
    public async Task Finds_no_session_that_ran_out()
    {
        var session = await PutAsync(NewSession(NewUser()));

        _clock.Advance(session.ExpiresAt - _clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await FindAsync(session.BearerHash));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await FindAsync(session.BearerHash));
        Assert.Null(await FindAsync(session.CookieHash));
        Assert.Empty(await ListAsync(session.UserId));
    }

    [Fact]
    public async Task Ends_a_session_and_no_other()
    {
        var user = NewUser();
        var (ended, other) = (await PutAsync(NewSession(user)), await PutAsync(NewSession(user)));

        await RemoveAsync(ended);
        await RemoveAsync(ended);

        Assert.Null(await FindAsync(ended.BearerHash));
        Assert.Null(await FindAsync(ended.CookieHash));
        Assert.Equal([other], await ListAsync(user));
        Assert.Equal(other, await FindAsync(other.BearerHash));
    }

    [Fact]
    public async Task Does_not_mind_ending_a_session_that_never_was()
    {
        var session = NewSession(NewUser());

        await RemoveAsync(session);

        Assert.Null(await FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Ends_no_session_of_another_user()
    {
        var session = await PutAsync(NewSession(NewUser()));

        await Sessions.RemoveAsync(NewUser(), session.Id, Cancellation);

        Assert.Equal(session, await FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Notes_when_a_session_was_last_used_and_keeps_the_rest()
    {
        var session = await PutAsync(NewSession(NewUser()));

        await TouchAsync(session, 5);

        Assert.Equal(session with { LastSeenAt = session.LastSeenAt.AddMinutes(5) }, await FindAsync(session.CookieHash));
    }

    [Fact]
    public async Task Does_not_bring_back_a_session_that_ended_when_a_node_notes_late_that_it_was_seen()
    {
        var session = await PutAsync(NewSession(NewUser()));
        await RemoveAsync(session);

        await TouchAsync(session, 1);

        Assert.Null(await FindAsync(session.BearerHash));
        Assert.Empty(await ListAsync(session.UserId));
    }

    [Fact]
    public async Task Ends_a_session_for_good_however_calls_interleave()
    {
        for (var round = 0; round < 20; round++)
        {
            var session = await PutAsync(NewSession(NewUser()));

            await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(
                () => i == 3 ? RemoveAsync(session) : TouchAsync(session, i), Cancellation)));

            Assert.Null(await FindAsync(session.BearerHash));
        }
    }

    [Fact]
    public async Task Lists_the_sessions_of_a_user_newest_first()
    {
        var user = NewUser();
        var sessions = new List<SessionRecord>();
        for (var i = 0; i < 230; i++)
        {
            sessions.Add(await PutAsync(NewSession(user)));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await PutAsync(NewSession(NewUser()));

        Assert.Equal(sessions.AsEnumerable().Reverse(), await ListAsync(user));
        Assert.Empty(await ListAsync(NewUser()));
    }

    [Fact]
    public async Task Starts_sessions_of_one_user_at_once()
    {
        var user = NewUser();
        await PutAsync(NewSession(user));
        _clock.Advance(TimeSpan.FromDays(60));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PutAsync(NewSession(user)), Cancellation)));

        Assert.Equal(8, (await ListAsync(user)).Count);
    }

    private async Task<SessionRecord> PutAsync(SessionRecord session)
    {
        await Sessions.PutAsync(session, Cancellation);
        return session;
    }

    private async Task TouchAsync(SessionRecord session, int minutes) =>
        await Sessions.TouchAsync(session, session.LastSeenAt.AddMinutes(minutes), Cancellation);

    private async Task RemoveAsync(SessionRecord session) => await Sessions.RemoveAsync(session.UserId, session.Id, Cancellation);

    private async Task<SessionRecord?> FindAsync(string hash, Bucket? home = null) =>
        await Sessions.FindAsync(home ?? _home, hash, Cancellation);

    private async Task<IReadOnlyList<SessionRecord>> ListAsync(Guid userId) => await Sessions.ListAsync(userId, Cancellation);

    private Guid NewUser(Bucket? home = null) => Id.New(_clock, home ?? _home);

    private SessionRecord NewSession(Guid user)
    {
        var id = Id.New(_clock, Bucket.Of(user));
        var now = _clock.GetUtcNow();
        return new SessionRecord(id, user, $"bearer-{id}", $"cookie-{id}", "Firefox on Linux", now, now, now + TimeSpan.FromDays(30));
    }
}
