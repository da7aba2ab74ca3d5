using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>
/// A decision may be made on a state whose commit is still on its way. Whatever becomes of that commit, nothing is answered and nothing is
/// stored that does not follow from what is stored.
/// </summary>
public sealed class PipelinedDecisionsTests : IAsyncDisposable
{
    private static readonly StreamId _stream = Thing.Stream("a");

    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly ConcurrentQueue<IReadOnlyList<string>> _seen = new();
    private readonly SemaphoreSlim _entered = new(0);
    private readonly TestNode _node;
    private readonly TestNode _other;
    private Func<Task>? _inStore;

    public PipelinedDecisionsTests()
    {
        _node = new TestNode(InterceptedStore.Before(_store, Intercept), TimeProvider.System);
        _other = new TestNode(_store, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Set();
        await _node.DisposeAsync();
        await _other.DisposeAsync();
        _gate.Dispose();
        _entered.Dispose();
    }

    [Fact]
    public async Task Is_made_on_a_state_that_is_not_stored_yet_and_stored_after_it()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();

        var rest = Enumerable.Range(2, 3).Select(i => AddAsync(_node, $"{i}")).ToList();
        await SeenAsync(["0", "1"], ["0", "1", "2"], ["0", "1", "2", "3"]);
        Assert.Equal(["0"], await _other.CountedAsync(_stream));

        _gate.Set();
        Assert.Equal(["0", "1"], await first);
        Assert.Equal(5, (await Task.WhenAll(rest))[^1].Count);
        Assert.Equal(["0", "1", "2", "3", "4"], await _other.CountedAsync(_stream));
        Assert.Equal(5, (await _store.FindAsync(TallyProjection.ViewKind, "a", default))!.Version);
    }

    [Fact]
    public async Task Is_made_again_when_another_node_made_the_version_that_it_was_made_on()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var second = AddAsync(_node, "2");
        await SeenAsync(["0", "1"]);

        await _other.HappenAsync(_stream, "foreign"); // Version 2, which the second expects.
        _gate.Set();

        await Task.WhenAll(first, second);
        Assert.Equal(["0", "foreign"], (await _other.CountedAsync(_stream)).Take(2));
        Assert.Equal(["0", "1", "2", "foreign"], (await _other.CountedAsync(_stream)).Order(StringComparer.Ordinal));
        Assert.All([await first, await second], counted => Assert.Equal(["0", "foreign"], counted.Take(2)));
        Assert.Equal((await _other.CountedAsync(_stream)).Count, await TallyAsync());
    }

    [Fact]
    public async Task Is_made_again_when_the_node_itself_made_that_version_another_way()
    {
        await AddAsync(_node, "0");
        var busy = await HeldAsync(() => _node.HappenAsync(Thing.Stream("other"), "x"));
        var direct = _node.HappenAsync(_stream, "direct"); // Queued before both of them: it does not go through memory.
        var (first, second) = (AddAsync(_node, "1"), AddAsync(_node, "2"));
        await SeenAsync(["0"], ["0", "1"]);
        _gate.Set();

        await Task.WhenAll(busy, direct);
        Assert.All([await first, await second], counted => Assert.Equal(["0", "direct"], counted.Take(2)));
        Assert.Equal((await _other.CountedAsync(_stream)).Count, await TallyAsync());
    }

    [Fact]
    public async Task Is_made_again_when_it_is_unknown_how_the_one_before_it_ended()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var second = AddAsync(_node, "2");
        await SeenAsync(["0", "1"]);
        _inStore = async () =>
        {
            await _other.HappenAsync(_stream, "1"); // It was stored after all.
            throw new StoreUnavailableException("gone", isFull: false, null);
        };
        _gate.Set();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        Assert.Equal(["0", "1", "2"], await second);
        Assert.Equal(["0", "1", "2"], await _other.CountedAsync(_stream));
    }

    [Fact]
    public async Task Refuses_nothing_because_of_what_is_never_stored()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var refused = DecideAsync(_node, _stream, (_, _) => Task.CompletedTask);
        var failed = DecideAsync(_node, _stream, (_, thing) =>
            thing.State.Counted.Contains("1") ? throw new InvalidOperationException("there is one") : Task.CompletedTask);
        _inStore = () => throw new StoreUnavailableException("gone", isFull: false, null);
        await SeenAsync(["0", "1"], ["0", "1"]); // At first on what is not stored.
        _gate.Set();

        Assert.Equal(["0"], await refused);
        Assert.Equal(["0"], await failed);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
    }

    [Fact]
    public async Task Says_what_is_stored_when_it_changes_nothing()
    {
        await AddAsync(_node, "0");
        await _other.HappenAsync(_stream, "foreign"); // The log of it has not come here.

        Assert.Equal(["0", "foreign"], await DecideAsync(_node, _stream, (_, _) => Task.CompletedTask));
    }

    [Fact]
    public async Task Changes_another_thing_only_by_what_is_stored_of_this_one()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var copy = CopyAsync(isRequired: false);
        await SeenAsync(["0", "1"]);
        _inStore = () => throw new StoreUnavailableException("gone", isFull: false, null);
        _gate.Set();

        await copy;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        Assert.Equal(["0"], await _other.CountedAsync(Thing.Stream("copy")));
    }

    [Fact]
    public async Task Changes_another_thing_once_what_it_requires_of_this_one_is_stored()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var copy = CopyAsync(isRequired: true);
        await SeenAsync(["0", "1"]);
        _gate.Set();

        await Task.WhenAll(first, copy);
        Assert.Equal(["0 1"], await _other.CountedAsync(Thing.Stream("copy")));
    }

    [Fact]
    public async Task Changes_nothing_by_a_state_that_was_required_and_is_never_stored()
    {
        await AddAsync(_node, "0");
        var first = await HeldAsync();
        var copy = CopyAsync(isRequired: true);
        await SeenAsync(["0", "1"]);
        await _other.HappenAsync(_stream, "foreign"); // Version 2, which it requires.
        _gate.Set();

        await Task.WhenAll(first, copy);
        Assert.StartsWith("0 foreign", Assert.Single(await _other.CountedAsync(Thing.Stream("copy"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stores_nothing_about_a_person_who_is_erased_meanwhile_and_remembers_nothing()
    {
        var person = Id.New(TimeProvider.System, new Bucket(1));
        await NameAsync(person, "Ada", () => Task.CompletedTask);
        Assert.Equal(1, _node.Get<StateMemory>().Count);

        await Assert.ThrowsAsync<SubjectErasedException>(() => NameAsync(person, "Grace", async () =>
        {
            await using var scope = _node.Scope();
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            work.Erase(person);
            await work.CommitAsync(default);
        }));

        Assert.Equal(0, _node.Get<StateMemory>().Count);
        Assert.Single(await _store.ReadStreamAsync(Person.Stream(person), 0, 10, default));
    }

    [Fact]
    public async Task Stores_nothing_personal_in_clear_when_it_remembers_a_person_whose_key_is_gone()
    {
        var person = Id.New(TimeProvider.System, new Bucket(1));
        await NameAsync(person, "Ada", () => Task.CompletedTask);
        await using (var scope = _other.Scope())
        {
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            work.Erase(person);
            await work.CommitAsync(default);
        }

        _node.Get<SubjectKeys>().Forget(person); // It asked for the key again; the log has not come here.
        await using var services = _node.Scope();
        await services.ServiceProvider.GetRequiredService<ConflictRetry>().ProposeAsync(async () =>
        {
            var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
            (await work.LoadAsync<Person>(Person.Stream(person), default)).Append(new Person.Left());
            await work.CommitAsync(default);
            return true;
        }, default);

        var document = await _store.FindAsync(Person.Kind, $"{person}", default);
        Assert.Equal(2, document!.Version);
        Assert.DoesNotContain("Ada", System.Text.Encoding.UTF8.GetString(document.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_stored_once_though_something_else_is_stored_after_it()
    {
        await AddAsync(_node, "0");
        var runs = 0;
        await using var services = _node.Scope();
        await services.ServiceProvider.GetRequiredService<ConflictRetry>().ProposeAsync(async () =>
        {
            runs++;
            foreach (var stream in new[] { _stream, Thing.Stream("other") })
            {
                var work = services.ServiceProvider.GetRequiredService<UnitOfWork>();
                (await work.LoadAsync<Thing>(stream, default)).Append(new Thing.Happened("1"));
                await work.CommitAsync(default);
            }

            return true;
        }, default);

        Assert.Equal(1, runs);
        Assert.Equal(["0", "1"], await _other.CountedAsync(_stream));
        Assert.Equal(["1"], await _other.CountedAsync(Thing.Stream("other")));
    }

    [Fact]
    public async Task Refuses_none_of_many_on_one_node_though_half_of_them_change_nothing()
    {
        var clients = Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                await DecideAsync(_node, _stream, (_, thing) =>
                {
                    if ((client + i) % 2 == 0 || thing.State.Counted.Count == 0)
                    {
                        thing.Append(new Thing.Happened($"{thing.State.Counted.Count}: {client} {i}"));
                    }

                    return Task.CompletedTask;
                });
            }
        }));

        await Task.WhenAll(clients);

        var counted = await _other.CountedAsync(_stream);
        Assert.InRange(counted.Count, 8 * 60, (8 * 60) + 16);
        Assert.All(counted.Select((text, i) => (text, i)), e => Assert.StartsWith($"{e.i}: ", e.text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Loses_nothing_while_two_nodes_change_the_same_things_in_any_order()
    {
        var (streams, refused) = (new[] { Thing.Stream("x"), Thing.Stream("y") }, 0);
        var clients = new[] { _node, _other }.SelectMany((node, n) => Enumerable.Range(0, 8).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                try
                {
                    await DecideAsync(node, streams[(client + i) % 2], (_, thing) =>
                    {
                        thing.Append(new Thing.Happened($"{thing.State.Counted.Count}: {n} {client} {i}"));
                        return Task.CompletedTask;
                    });
                }
                catch (ConflictException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));
        await Task.WhenAll(clients);

        var counted = await Task.WhenAll(streams.Select(_other.CountedAsync));
        Assert.Equal((16 * 60) - refused, counted.Sum(c => c.Count));
        foreach (var (stream, all) in streams.Zip(counted))
        {
            // Each was decided on all that is before it, and state and view are what follows from the stream.
            Assert.All(all.Select((text, i) => (text, i)), e => Assert.StartsWith($"{e.i}: ", e.text, StringComparison.Ordinal));
            Assert.Equal(all.Count, all.Distinct().Count());
            var events = await _store.ReadStreamAsync(stream, 0, 1000, default);
            Assert.Equal(all, events.Select(e => _node.Get<EventCatalog>().Read(e)).Cast<Thing.Happened>().Select(e => e.What));
        }
    }

    private Task<IReadOnlyList<string>> AddAsync(TestNode node, string what) => DecideAsync(node, _stream, (_, thing) =>
    {
        thing.Append(new Thing.Happened(what));
        return Task.CompletedTask;
    });

    // Writes down in another thing what it sees in this one.
    private Task<IReadOnlyList<string>> CopyAsync(bool isRequired) => DecideAsync(_node, _stream, async (work, thing) =>
    {
        var copy = await work.LoadAsync<Thing>(Thing.Stream("copy"), default);
        copy.Append(new Thing.Happened(string.Join(' ', thing.State.Counted)));
        if (isRequired)
        {
            thing.Require();
        }
    });

    private async Task<IReadOnlyList<string>> DecideAsync(TestNode node, StreamId stream, Func<UnitOfWork, Loaded<Thing>, Task> how)
    {
        await using var scope = node.Scope();
        var decided = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new Decide(stream, (work, thing) =>
        {
            _seen.Enqueue(thing.State.Counted);
            return how(work, thing);
        }));
        return decided.TryGet(out var counted, out var error) ? counted : throw new InvalidOperationException(error.Code);
    }

    private async Task NameAsync(Guid id, string name, Func<Task> meanwhile)
    {
        await using var scope = _node.Scope();
        await scope.ServiceProvider.GetRequiredService<ConflictRetry>().ProposeAsync(async () =>
        {
            var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var person = await work.LoadAsync<Person>(Person.Stream(id), default);
            person.Append(new Person.Named(name, null, 36));
            await meanwhile();
            await work.CommitAsync(default);
            return true;
        }, default);
    }

    // Adds "1" and holds it up on its way into the store.
    private async Task<Task<IReadOnlyList<string>>> HeldAsync() =>
        (Task<IReadOnlyList<string>>)await HeldAsync(() => AddAsync(_node, "1"));

    private async Task<Task> HeldAsync(Func<Task> commit)
    {
        while (_entered.CurrentCount > 0)
        {
            await _entered.WaitAsync();
        }

        _gate.Reset();
        var held = commit();
        await _entered.WaitAsync();
        _seen.Clear();
        return held;
    }

    private Task SeenAsync(params IReadOnlyList<string>[] states) => Eventually.IsSoAsync(
        () => _seen.Count >= states.Length && _seen.Zip(states).All(s => s.First.SequenceEqual(s.Second)),
        () => string.Join(" | ", _seen.Select(s => string.Join(' ', s))));

    private async Task<int> TallyAsync() =>
        _node.Get<StoredJson>().Read<Tally>((await _store.FindAsync(TallyProjection.ViewKind, "a", default))!.Body).Count;

    private void Intercept(string method)
    {
        if (method == nameof(IStore.CommitAsync))
        {
            _entered.Release();
            _gate.Wait();
            if (Interlocked.Exchange(ref _inStore, null) is { } inStore)
            {
                inStore().GetAwaiter().GetResult();
            }
        }
    }
}
