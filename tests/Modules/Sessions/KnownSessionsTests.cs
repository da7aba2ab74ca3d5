using Monolith.Sessions;

namespace Monolith.Modules.Tests.Sessions;

/// <summary>Sessions that a node remembers while other nodes change them in the same store.</summary>
[Trait("host", "none")]
public sealed class KnownSessionsTests : IAsyncDisposable
{
    private static readonly Bucket _home = new(7);

    private static readonly SessionSettings _settings = new(TimeSpan.FromHours(1), TimeSpan.FromDays(90));

    private readonly FakeClock _clock = new();
    private readonly MemoryStore _log;
    private readonly SharedSessions _stored = new();
    private readonly ListeningNode _node;
    private readonly KnownSessions _known;

    public KnownSessionsTests()
    {
        _log = new MemoryStore(_clock);
        _node = new ListeningNode(_log, _clock);
        _known = new KnownSessions(_stored, _stored, _node.Freshness, _settings, _clock);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Asks_the_store_once_for_many_requests()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);
        var reads = _stored.Reads;

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(session with { Device = "" }, await FindAsync(session.BearerHash));
        }

        Assert.Equal(reads, _stored.Reads);
    }

    [Fact]
    public async Task Remembers_no_session_that_another_node_ended_once_the_log_says_so()
    {
        var session = await PutAsync();
        await ListenAsync();
        Assert.NotNull(await FindAsync(session.BearerHash));
        Assert.NotNull(await FindAsync(session.CookieHash));

        _stored.End(session);
        await StoreEndAsync(session);
        _node.Hint();

        await Eventually.IsSoAsync(async () => await FindAsync(session.BearerHash) is null && await FindAsync(session.CookieHash) is null);
    }

    [Fact]
    public async Task Asks_the_store_about_each_request_while_it_does_not_hear_what_others_do()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);

        await _node.DisposeAsync(); // The log is not followed from here on.
        _stored.End(session);
        _clock.Advance(LogFreshness.Limit + TimeSpan.FromTicks(1));

        Assert.Null(await FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Gives_no_answer_where_it_neither_hears_nor_can_ask()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);

        await _node.DisposeAsync();
        _stored.IsLost = true;
        Assert.NotNull(await FindAsync(session.BearerHash));
        _clock.Advance(LogFreshness.Limit + TimeSpan.FromTicks(1));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Asks_again_after_a_minute_whatever_is_heard()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);
        _stored.End(session); // By a process that was killed before it could say so.

        for (var passed = TimeSpan.Zero; passed < KnownSessions.Longest; passed += LogFreshness.Limit / 2)
        {
            _clock.Advance(LogFreshness.Limit / 2);
            await ListenedAsync();
        }

        Assert.Null(await FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Asks_again_before_it_says_that_a_session_was_not_used_for_too_long()
    {
        var session = await PutAsync(lastSeen: -_settings.IdleTimeout + TimeSpan.FromSeconds(1));
        await ListenAsync();
        Assert.NotNull(await FindAsync(session.BearerHash));
        await _stored.TouchAsync(session, _clock.GetUtcNow(), Cancelled); // On another node.

        _clock.Advance(TimeSpan.FromSeconds(1));
        await ListenedAsync();

        Assert.Equal(_clock.GetUtcNow() - TimeSpan.FromSeconds(1), (await FindAsync(session.BearerHash))!.LastSeenAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Does_not_take_in_what_was_begun_to_be_read_before_the_session_ended(bool isHere)
    {
        var session = await PutAsync();
        await ListenAsync();
        var held = _stored.Hold();
        var reading = FindAsync(session.BearerHash);

        if (isHere)
        {
            await _known.RemoveAsync(session.UserId, session.Id, Cancelled);
        }
        else
        {
            _stored.End(session);
            await _known.EvictAsync($"session-{session.Id}", default, Cancelled);
        }

        held.SetResult();
        Assert.NotNull(await reading); // It was asked before.
        Assert.Null(await FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Believes_the_log_more_than_what_is_still_stored()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);

        _stored.Over.Add(session.Id); // And the process that was to remove it was killed.
        await _known.EvictAsync($"session-{session.Id}", default, Cancelled);

        Assert.Null(await FindAsync(session.BearerHash));
        Assert.Null(await FindAsync(session.CookieHash));
    }

    [Fact]
    public async Task Forgets_what_it_could_not_end_for_certain()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);

        _stored.IsLost = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => _known.RemoveAsync(session.UserId, session.Id, Cancelled).AsTask());

        await Assert.ThrowsAsync<StoreUnavailableException>(() => FindAsync(session.BearerHash));
    }

    [Fact]
    public async Task Knows_when_a_session_was_last_used_once_that_is_noted()
    {
        var session = await PutAsync();
        await ListenAsync();
        await FindAsync(session.BearerHash);

        await _known.TouchAsync(session, _clock.GetUtcNow() + TimeSpan.FromMinutes(1), Cancelled);

        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(1), (await FindAsync(session.BearerHash))!.LastSeenAt);
    }

    [Fact]
    public async Task Remembers_the_ten_thousand_that_were_read_last()
    {
        await ListenAsync();
        var sessions = new List<SessionRecord>();
        for (var i = 0; i < (2 * KnownSessions.Remembered) + 1; i++)
        {
            sessions.Add(await PutAsync());
            await FindAsync(sessions[^1].BearerHash);
        }

        var reads = _stored.Reads;
        foreach (var session in sessions.TakeLast(KnownSessions.Remembered))
        {
            await FindAsync(session.BearerHash);
        }

        Assert.Equal(reads, _stored.Reads);
        await FindAsync(sessions[0].BearerHash);
        Assert.Equal(reads + 1, _stored.Reads);
    }

    private async Task<SessionRecord?> FindAsync(string hash) => await _known.FindAsync(_home, hash, Cancelled);

    // Hears of everything up to now before it goes on.
    private async Task ListenAsync()
    {
        await _node.ListenAsync(_known);
        await ListenedAsync();
    }

    private Task ListenedAsync() => Eventually.IsSoAsync(() => _node.Freshness.IsFresh(_home));

    private async Task<SessionRecord> PutAsync(TimeSpan lastSeen = default)
    {
        var (id, now) = (Id.New(_clock, _home), _clock.GetUtcNow());
        var session = new SessionRecord(
            id, Id.New(_clock, _home), $"bearer-{id}", $"cookie-{id}", "sealed", now, now + lastSeen, now + TimeSpan.FromDays(1));
        await _known.PutAsync(session, Cancelled);
        return session;
    }

    private async Task StoreEndAsync(SessionRecord session)
    {
        var ended = new NewEvent(Id.New(_clock, _home), "sessions.ended.v1", "{}"u8.ToArray(), _clock.GetUtcNow(), default);
        var commit = new Commit
        {
            Id = Id.New(_clock, _home), Bucket = _home, Appends = [new Append(Session.StreamOf(session.Id), 0, [ended])],
        };
        Assert.IsType<Committed>((await _log.CommitAsync([commit], Cancelled)).Single());
    }
}
