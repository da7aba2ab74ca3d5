using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Sessions;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Sessions;

/// <summary>Several nodes over one store.</summary>
[Trait("host", "none")]
public sealed class DailyActivityTests : IAsyncDisposable
{
    private static readonly DateTimeOffset _now = new(2030, 1, 2, 8, 0, 0, TimeSpan.Zero);

    private readonly IStore _store;
    private readonly ServiceProvider _a;
    private readonly ServiceProvider _b;
    private Action<string> _beforeStore = _ => { };

    public DailyActivityTests()
    {
        _store = InterceptedStore.Before(new MemoryStore(TimeProvider.System), method => _beforeStore(method));
        (_a, _b) = (NewNode(), NewNode());
    }

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Stores_a_day_once_when_another_node_is_faster()
    {
        var (user, isRaced) = (NewUser(), false);
        _beforeStore = method =>
        {
            // The first node has decided; the other does all of it now.
            if (method == nameof(IStore.CommitAsync) && !isRaced)
            {
                isRaced = true;
                NoteNow(_b, user);
            }
        };

        Assert.True(await NoteAsync(_a, user));

        Assert.True(isRaced);
        Assert.Equal([new DateOnly(2030, 1, 2)], await DaysAsync(user));
    }

    [Fact]
    public async Task Stores_each_day_once_when_two_nodes_begin_it_at_once()
    {
        UserId[] users = [.. Enumerable.Range(0, 100).Select(_ => NewUser())];

        await using var a = NewNode(new PatientClock());
        await using var b = NewNode(new PatientClock());

        var stored = await Task.WhenAll(users.SelectMany(user => new[] { a, b }.Select(node => Task.Run(() => NoteAsync(node, user)))));

        Assert.All(stored, Assert.True);
        foreach (var user in users)
        {
            Assert.Single(await DaysAsync(user));
        }
    }

    [Fact]
    public async Task Reads_the_store_once_for_all_requests_of_a_user_and_day()
    {
        var (user, reads) = (NewUser(), 0);
        await NoteAsync(_a, user);
        _beforeStore = _ => reads++;

        await NoteAsync(_a, user);

        Assert.Equal(0, reads);
    }

    [Fact]
    public async Task Ignores_a_clock_that_is_a_day_behind()
    {
        var user = NewUser();
        await NoteAsync(_a, user);

        Assert.True(await NoteAsync(_b, user, _now.AddDays(-1)));

        Assert.Equal([new DateOnly(2030, 1, 2)], await DaysAsync(user));
    }

    [Fact]
    public async Task Holds_a_request_up_for_a_moment_only_while_the_store_hangs()
    {
        var (user, clock) = (NewUser(), new FakeClock());
        await using var node = NewNode(clock);
        using var gate = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        _beforeStore = method =>
        {
            if (method == nameof(IStore.CommitAsync) && entered.TrySetResult())
            {
                gate.Wait();
            }
        };
        var noting = NoteAsync(node, user);
        await entered.Task;

        await clock.UntilAsync(() => Task.FromResult(noting.IsCompleted));
        gate.Set();

        Assert.False(await noting);
        Assert.True(await NoteAsync(node, user));
        Assert.Single(await DaysAsync(user));
    }

    // From within a call of the store, which waits for it.
    private static void NoteNow(ServiceProvider node, UserId user) => NoteAsync(node, user).GetAwaiter().GetResult();

    private static UserId NewUser() => Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static Task<bool> NoteAsync(ServiceProvider node, UserId user, DateTimeOffset? now = null)
    {
        var session = new SessionRecord(Guid.Empty, user.Value, "", "", "", default, LastSeenAt: default, default);
        return node.GetRequiredService<DailyActivity>().NoteAsync(session, now ?? _now, CancellationToken.None).AsTask();
    }

    private async Task<IReadOnlyList<DateOnly>> DaysAsync(UserId user)
    {
        var (stored, events) = (
            await _store.ReadStreamAsync(ActiveDays.StreamOf(user), 0, 100, CancellationToken.None), _a.GetRequiredService<EventCatalog>());
        return [.. stored.Select(e => ((ActiveDays.UserActive)events.Read(e)).Day)];
    }

    private ServiceProvider NewNode(TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddModules([new SessionsModule()], new ConfigurationBuilder().Build(), new Faults());
        services.AddSingleton(TestShards.Over(_store));
        services.AddSingleton<ISessionStore, SharedSessions>();
        return services.BuildServiceProvider(validateScopes: true);
    }

    // How long a request waits for its day says nothing here, and a busy machine may take longer; the delays between two tries are shorter.
    private sealed class PatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(1) ? dueTime : Timeout.InfiniteTimeSpan, period);
    }
}
