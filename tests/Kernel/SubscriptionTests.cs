using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

public sealed class SubscriptionTests : IAsyncDisposable
{
    private static readonly StreamId _source = Thing.Stream("source");
    private static readonly StreamId _effect = Thing.Stream("effect");

    private readonly CancellationTokenSource _end = new();
    private readonly FakeClock _clock = new();
    private readonly List<TestNode> _nodes = [];
    private readonly List<Task> _running = [];
    private readonly IStore _store;
    private Action<string> _beforeStore = _ => { };

    public SubscriptionTests() => _store = InterceptedStore.Before(new MemoryStore(_clock), method => _beforeStore(method));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _end.Dispose();
    }

    [Fact]
    public async Task Has_one_effect_for_each_event_in_their_order()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2", "3");
        Run(node, Copy);

        await node.HappenAsync(_source, "4");

        Assert.Equal(["1", "2", "3", "4"], await EffectsAsync(node, 4));
    }

    [Fact]
    public async Task Lets_a_moment_pass_before_it_looks_at_the_log_again()
    {
        var (node, looks) = (NewNode(), 0);
        _beforeStore = method => looks += method == nameof(IStore.ReadLogAsync) ? 1 : 0;
        Run(node, Copy);

        for (var i = 0; i < 20; i++)
        {
            await node.HappenAsync(_source, $"{i}");
        }

        // The clock stands still meanwhile.
        Assert.InRange(looks, 0, 1);
        Assert.Equal(20, (await EffectsAsync(node, 20)).Count);
    }

    [Fact]
    public async Task Goes_on_where_it_stopped_after_a_restart()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2");
        using (var first = new CancellationTokenSource())
        {
            var running = RunAsync(node, Copy, startsNow: false, first.Token);
            await EffectsAsync(node, 2);
            await first.CancelAsync();
            await running;
        }

        await node.HappenAsync(_source, "3");
        Run(NewNode(), Copy);

        Assert.Equal(["1", "2", "3"], await EffectsAsync(node, 3));
    }

    [Fact]
    public async Task Has_one_effect_for_each_event_on_any_number_of_nodes()
    {
        var (a, b) = (NewNode(), NewNode());
        Run(a, Copy);
        Run(b, Copy);

        for (var i = 0; i < 50; i++)
        {
            await (i % 2 == 0 ? a : b).HappenAsync(_source, $"{i}");
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), await EffectsAsync(a, 50));
    }

    [Fact]
    public async Task Leaves_a_lease_alone_that_holds_and_takes_over_one_that_ran_out()
    {
        var (dead, alive) = (NewNode(), NewNode());
        await alive.HappenAsync(_source, "1");
        Assert.True(await LeaseOf(dead).HoldAsync(default));
        Assert.False(await LeaseOf(alive).HoldAsync(default));

        Run(alive, Copy);

        Assert.Equal(["1"], await EffectsAsync(alive, 1));
        Assert.True(_clock.GetUtcNow() >= new DateTimeOffset(2030, 1, 1, 0, 0, 30, TimeSpan.Zero), "It was taken over before it ran out.");
    }

    [Fact]
    public async Task Takes_over_at_once_what_was_given_back()
    {
        var (first, second) = (NewNode(), NewNode());
        var lease = LeaseOf(first);
        await lease.HoldAsync(default);
        await lease.GiveBackAsync();

        Assert.True(await LeaseOf(second).HoldAsync(default));
    }

    [Fact]
    public async Task Has_no_effect_any_more_when_another_node_took_over()
    {
        var (slow, fast) = (NewNode(), NewNode());
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        await fast.HappenAsync(_source, "1");
        Run(slow, async (stored, services, cancellationToken) =>
        {
            entered.TrySetResult();
            await gate.Task;
            await Copy(stored, services, cancellationToken);
        });
        await entered.Task;
        Run(fast, Copy);
        await EffectsAsync(fast, 1);

        gate.SetResult();
        await fast.HappenAsync(_source, "2");

        Assert.Equal(["1", "2"], await EffectsAsync(fast, 2));
    }

    [Fact]
    public async Task Parks_an_event_that_fails_five_times_and_goes_on()
    {
        var node = NewNode();
        var attempts = 0;
        await node.HappenAsync(_source, "1", "poison", "3");

        Run(node, (stored, services, cancellationToken) => TextOf(node, stored) == "poison"
            ? throw new InvalidDataException($"cannot be handled, attempt {++attempts}")
            : Copy(stored, services, cancellationToken));

        Assert.Equal(["1", "3"], await EffectsAsync(node, 2));
        var parked = node.Get<StoredJson>().Read<ParkedEvent>(
            Assert.Single(await _store.QueryAsync(new DocumentQuery(ParkedEvent.DocumentKind, 10), default)).Body);
        Assert.Equal(("things.copy", 2, "things.happened.v1"), (parked.Subscription, parked.Position, parked.Type));
        Assert.Equal("InvalidDataException: cannot be handled, attempt 5", parked.Reason);
    }

    [Fact]
    public async Task Tries_what_was_unavailable_for_as_long_as_it_takes_and_parks_nothing()
    {
        var node = NewNode();
        var attempts = 0;
        await node.HappenAsync(_source, "1", "2");

        Run(node, (stored, services, cancellationToken) =>
            ++attempts <= 12 ? throw new HttpRequestException("away") : Copy(stored, services, cancellationToken));

        Assert.Equal(["1", "2"], await EffectsAsync(node, 2));
        Assert.Empty(await _store.QueryAsync(new DocumentQuery(ParkedEvent.DocumentKind, 10), default));
    }

    [Fact]
    public async Task Parks_what_cannot_be_read_at_once_because_it_will_not_change()
    {
        var node = NewNode();
        var attempts = 0;
        await node.HappenAsync(_source, "1", "odd");

        Run(node, (stored, services, cancellationToken) => TextOf(node, stored) == "odd"
            ? throw new System.Text.Json.JsonException($"attempt {++attempts}")
            : Copy(stored, services, cancellationToken));

        await UntilAsync(async () => (await node.Get<ParkedEvents>().ListAsync(10, default)).Count > 0);
        var (_, parked) = Assert.Single(await node.Get<ParkedEvents>().ListAsync(10, default));
        Assert.Equal((FailureKind.Serialisation, 1, 1), (parked.Kind, parked.Attempts, attempts));
    }

    [Fact]
    public async Task Is_seen_to_be_stuck_while_its_handler_hangs_and_to_be_well_when_it_goes_on()
    {
        var node = NewNode();
        var gate = new TaskCompletionSource();
        await node.HappenAsync(_source, "1");
        Run(node, async (stored, services, cancellationToken) =>
        {
            await gate.Task.WaitAsync(cancellationToken);
            await Copy(stored, services, cancellationToken);
        });
        var heartbeat = await HeartbeatAsync(node);

        await MeasureUntilAsync(node, () => heartbeat is { IsStuck: true, IsAlive: false, Lag: > 0 });
        gate.SetResult();

        await MeasureUntilAsync(node, () => heartbeat is { IsStuck: false, IsAlive: true, Lag: 0 });
    }

    [Fact]
    public async Task Is_seen_to_be_stuck_when_its_own_look_at_the_log_froze_though_it_gives_signs_of_life()
    {
        var node = NewNode();
        var isFrozen = false;
        await node.HappenAsync(_source, "1");
        Run(node, (_, _, _) => Task.CompletedTask);
        var heartbeat = await HeartbeatAsync(node);
        await MeasureUntilAsync(node, () => heartbeat.Lag == 0);
        _beforeStore = method =>
        {
            if (isFrozen && method == nameof(IStore.ReadLogAsync))
            {
                throw new StoreUnavailableException("frozen", isFull: false, null);
            }
        };

        isFrozen = true;
        await NewNode().HappenAsync(_source, "2"); // What the node stores itself it need not read.

        await MeasureUntilAsync(node, () => heartbeat is { IsStuck: true, IsAlive: true, Lag: > 0 });
    }

    [Fact]
    public async Task Tries_again_what_failed_for_a_moment()
    {
        var node = NewNode();
        var attempts = 0;
        await node.HappenAsync(_source, "1");

        Run(node, (stored, services, cancellationToken) =>
            ++attempts < 3 ? throw new IOException("not now") : Copy(stored, services, cancellationToken));

        Assert.Equal(["1"], await EffectsAsync(node, 1));
        Assert.Empty(await _store.QueryAsync(new DocumentQuery(ParkedEvent.DocumentKind, 10), default));
    }

    [Fact]
    public async Task Waits_for_a_store_that_is_unavailable_and_parks_nothing()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1");
        var failures = 0;
        _beforeStore = method =>
        {
            if (method == nameof(IStore.CommitAsync) && ++failures <= 10)
            {
                throw new StoreUnavailableException("away", isFull: false, null);
            }
        };

        Run(node, Copy);

        Assert.Equal(["1"], await EffectsAsync(node, 1));
        Assert.Empty(await _store.QueryAsync(new DocumentQuery(ParkedEvent.DocumentKind, 10), default));
    }

    [Fact]
    public async Task Decides_again_when_another_commit_changed_what_it_changes()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1");
        var runs = 0;

        Run(node, async (stored, services, cancellationToken) =>
        {
            await Copy(stored, services, cancellationToken);
            if (++runs == 1)
            {
                await node.HappenAsync(_effect, "theirs");
            }
        });

        Assert.Equal(["theirs", "1"], await EffectsAsync(node, 2));
    }

    [Fact]
    public async Task Leaves_the_past_alone_when_it_starts_now()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "past");
        var lease = LeaseOf(node, startsNow: true);
        await lease.HoldAsync(default);
        await lease.GiveBackAsync();

        await node.HappenAsync(_source, "present");
        Run(node, Copy, startsNow: true);

        Assert.Equal(["present"], await EffectsAsync(node, 1));
    }

    [Fact]
    public async Task Tells_how_far_behind_the_log_it_is()
    {
        var node = NewNode();
        await node.HappenAsync(_source, "1", "2");
        Run(node, Copy);
        await EffectsAsync(node, 2);

        await node.HappenAsync(_source, "3");
        var heartbeat = await HeartbeatAsync(node);

        await MeasureUntilAsync(node, () => heartbeat is { Loop: "things.copy/0", Position: >= 6, Lag: 0, IsAlive: true });
    }

    // There once its subscription looked for the first time.
    private async Task<Telemetry.Heartbeat> HeartbeatAsync(TestNode node)
    {
        await UntilAsync(() => Task.FromResult(node.Get<Telemetry.Heartbeats>().All.Any()));
        return node.Get<Telemetry.Heartbeats>().All.Single();
    }

    private async Task MeasureUntilAsync(TestNode node, Func<bool> isSo)
    {
        await UntilAsync(async () =>
        {
            await node.Get<LagWatch>().MeasureAsync(default);
            return isSo();
        });
    }

    private TestNode NewNode()
    {
        var node = new TestNode(_store, _clock);
        _nodes.Add(node);
        return node;
    }

    // Until the test ends.
    private void Run(TestNode node, Func<StoredEvent, IServiceProvider, CancellationToken, Task> handle, bool startsNow = false) =>
        _running.Add(RunAsync(node, handle, startsNow, _end.Token));

    private static Task RunAsync(
        TestNode node, Func<StoredEvent, IServiceProvider, CancellationToken, Task> handle, bool startsNow, CancellationToken stopping) =>
        Task.Run(
            () => new Subscription(DefinitionOf(handle, startsNow), node.Shard, node.Context).RunAsync(stopping), CancellationToken.None);

    private static SubscriptionLease LeaseOf(TestNode node, bool startsNow = false) =>
        new("things.copy", startsNow, node.Shard, node.Context.Node, node.Context.Json, node.Context.Clock);

    private static SubscriptionDefinition DefinitionOf(
        Func<StoredEvent, IServiceProvider, CancellationToken, Task> handle, bool startsNow = false) =>
        new("things.copy", ["things.happened.v1"], startsNow, handle);

    // The effect of an event of the source: the same again on another stream.
    private static async Task Copy(StoredEvent stored, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (stored.Stream == _source)
        {
            var work = services.GetRequiredService<UnitOfWork>();
            var effect = await work.LoadAsync<Thing>(_effect, cancellationToken);
            effect.Append(services.GetRequiredService<EventCatalog>().Read(stored));
            await work.CommitAsync(cancellationToken);
        }
    }

    private static string TextOf(TestNode node, StoredEvent stored) => ((Thing.Happened)node.Get<EventCatalog>().Read(stored)).What;

    private async Task<IReadOnlyList<string>> EffectsAsync(TestNode node, int count)
    {
        await UntilAsync(async () => (await node.CountedAsync(_effect)).Count >= count);
        return await node.CountedAsync(_effect);
    }

    private Task UntilAsync(Func<Task<bool>> isSo) => _clock.UntilAsync(isSo);
}
