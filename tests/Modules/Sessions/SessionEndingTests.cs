using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Sessions;
using Monolith.Sessions.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Sessions;

/// <summary>Ending breaks off wherever it does, and the next attempt finishes it.</summary>
[Trait("host", "none")]
public sealed class SessionEndingTests : IAsyncDisposable
{
    private static readonly UserId _user = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly SharedSessions _sessions = new();
    private readonly ServiceProvider _node;
    private string? _lost;

    public SessionEndingTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddModules([new SessionsModule()], new ConfigurationBuilder().Build(), new Faults());
        services.AddSingleton(TestShards.Over(InterceptedStore.Before(_store, method =>
        {
            if (method == _lost)
            {
                throw new StoreUnavailableException("lost", isFull: false, null);
            }
        })));
        services.AddSingleton<ISessionStore>(_sessions);
        _node = services.BuildServiceProvider(validateScopes: true);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stores_each_end_once_however_often_it_is_tried(bool isLogLost)
    {
        SessionRecord[] all = [await StartAsync(), await StartAsync()];
        (_sessions.IsLost, _lost) = (!isLogLost, isLogLost ? nameof(IStore.CommitAsync) : null);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => EndAsync(all));
        var found = await _sessions.ListAsync(_user.Value, Cancelled);
        (_sessions.IsLost, _lost) = (false, null);
        await EndAsync(found);

        Assert.Equal(2, found.Count); // What was not ended for certain is found again.
        Assert.Empty(await _sessions.ListAsync(_user.Value, Cancelled));
        foreach (var session in all)
        {
            var events = await _store.ReadStreamAsync(Session.StreamOf(session.Id), 0, 10, Cancelled);
            Assert.Equal(["sessions.started.v1", "sessions.ended.v1"], events.Select(e => e.Type));
        }
    }

    [Fact]
    public async Task Lets_no_session_work_that_is_over_and_still_stored()
    {
        var session = await StartAsync();
        _sessions.IsLost = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => EndAsync([session]));
        _sessions.IsLost = false;

        Assert.Null(await _node.GetRequiredService<KnownSessions>().FindAsync(_user.Bucket(), session.BearerHash, Cancelled));
    }

    private async Task EndAsync(IReadOnlyList<SessionRecord> sessions)
    {
        await using var scope = _node.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<SessionEnding>().EndAsync(sessions, "password-changed", Cancelled);
    }

    private async Task<SessionRecord> StartAsync()
    {
        var (id, now) = (Id.NewFor<SessionId, UserId>(TimeProvider.System, _user), TimeProvider.System.GetUtcNow());
        await using var scope = _node.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ConflictRetry>().CommitAsync(
            work =>
            {
                work.Start<Session>(Session.StreamOf(id.Value)).Append(Session.Start(_user, now));
                return Task.FromResult(default(Done));
            },
            Cancelled);
        var session = new SessionRecord(id.Value, _user.Value, $"bearer-{id}", $"cookie-{id}", "", now, now, now + TimeSpan.FromDays(1));
        await _sessions.PutAsync(session, Cancelled);
        return session;
    }
}
