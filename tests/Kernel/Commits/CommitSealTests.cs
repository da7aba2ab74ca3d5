using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>What is personal is stored under the key of the person whom it is about, in that person's place, or not at all.</summary>
public sealed class CommitSealTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly TestNode _node;
    private readonly Guid _person = Id.New(TimeProvider.System, new Bucket(1));

    public CommitSealTests() => _node = new TestNode(_store, TimeProvider.System);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Refuses_personal_events_of_an_aggregate_that_does_not_say_whose_they_are()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(
            work => work.Start<Stray>(new StreamId(new Bucket(1), Stray.Category, "a")).Append(new Stray.Noted("Ada"))));

        Assert.Contains("does not say whose they are", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Refuses_a_stream_that_does_not_lie_in_the_place_of_its_subject()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(
            work => work.Start<Person>(
                new StreamId(new Bucket(2), Person.Category, _person.ToString())).Append(new Person.Named("Ada", null, 36))));

        Assert.Contains("does not lie in the place of its subject", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Makes_one_key_for_all_that_a_commit_holds_of_a_person()
    {
        await CommitAsync(work =>
        {
            var person = work.Start<Person>(Person.Stream(_person));
            person.Append(new Person.Named("Ada", null, 36), new Person.Named("Augusta", null, 36));
        });

        var keys = await _store.QueryAsync(new DocumentQuery(SubjectKeys.Kind, 10), default);
        Assert.Equal([_person.ToString()], keys.Select(d => d.Id));
        Assert.Equal("Augusta", (await _node.Get<Aggregates>().LoadAsync<Person>(Person.Stream(_person), default)).State.Name);
    }

    [Fact]
    public async Task Stores_what_is_not_personal_of_the_one_whom_the_same_commit_erases()
    {
        await CommitAsync(work => work.Start<Person>(Person.Stream(_person)).Append(new Person.Named("Ada", null, 36)));

        await CommitAsync(async work =>
        {
            (await work.LoadAsync<Person>(Person.Stream(_person), default)).Append(new Person.Left());
            work.Erase(_person);
        });

        Assert.Equal(["things.named.v1", "things.left.v1"], (await _store.ReadStreamAsync(Person.Stream(_person), 0, 10, default)).Select(
            e => e.Type));
        Assert.True(await _node.Get<SubjectKeys>().IsErasedAsync(_person, default));
    }

    [Fact]
    public async Task Refuses_something_personal_of_the_one_whom_the_same_commit_erases()
    {
        await Assert.ThrowsAsync<SubjectErasedException>(() => CommitAsync(work =>
        {
            work.Start<Person>(Person.Stream(_person)).Append(new Person.Named("Ada", null, 36));
            work.Erase(_person);
        }));

        Assert.Equal(0, await _store.HeadAsync(default));
    }

    [Fact]
    public async Task Begins_nothing_of_a_person_who_was_erased_though_it_would_hold_nothing_personal()
    {
        await CommitAsync(work => work.Erase(_person));

        await Assert.ThrowsAsync<SubjectErasedException>(
            () => CommitAsync(work => work.Start<Person>(Person.Stream(_person)).Append(new Person.Left())));
    }

    [Fact]
    public async Task One_of_two_nodes_that_make_a_key_at_once_decides_again()
    {
        await using var another = new TestNode(_store, TimeProvider.System);
        var (mine, theirs) = (_node.Get<SubjectKeys>(), another.Get<SubjectKeys>());

        var texts = await Task.WhenAll(
            Enumerable.Range(
                0, 8).Select(i => Task.Run(async () => await (i % 2 == 0 ? mine : theirs).SealAsync(_person, "here", $"{i}", default))));

        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal(
                ($"{i}", $"{i}"), (await mine.OpenAsync("here", texts[i], default), await theirs.OpenAsync("here", texts[i], default)));
        }

        Assert.Single(await _store.QueryAsync(new DocumentQuery(SubjectKeys.Kind, 10), default));
    }

    [Fact]
    public async Task An_erasure_that_is_stored_is_known_by_its_stream_should_its_document_be_lost()
    {
        await CommitAsync(work => work.Start<Person>(Person.Stream(_person)).Append(new Person.Named("Ada", null, 36)));
        await CommitAsync(work => work.Erase(_person));
        await _store.CommitAsync(
            [new Commit { Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(
                1), Documents = [new DocumentWrite(SubjectKeys.Kind, _person.ToString(), new Bucket(1), null, 3)] }],
            default);

        await using var another = new TestNode(_store, TimeProvider.System);

        Assert.True(await another.Get<SubjectKeys>().IsErasedAsync(_person, default));
    }

    [Fact]
    public async Task Keys_destroyed_beyond_the_log_are_listed_page_by_page()
    {
        var erased = Enumerable.Range(0, 1_200).Select(_ => Id.New(TimeProvider.System, new Bucket(1))).Order().ToList();
        foreach (var chunk in erased.Chunk(400))
        {
            var writes = chunk.Select(
                id => new DocumentWrite(SubjectKeys.Kind, id.ToString(), new Bucket(1), """{"key":""}"""u8.ToArray(), 2)).ToList();
            await _store.CommitAsync(
                [new Commit { Id = Id.New(TimeProvider.System, new Bucket(1)), Bucket = new Bucket(1), Documents = writes }], default);
        }

        await CommitAsync(work => work.Start<Person>(Person.Stream(_person)).Append(new Person.Named("Ada", null, 36)));

        Assert.Equal(erased.Count, (await _node.Get<SubjectKeys>().ErasedBeyondTheLogAsync(_node.Shard, default).ToListAsync()).Intersect(
            erased).Count());
    }

    private Task CommitAsync(Action<UnitOfWork> change) => CommitAsync(work =>
    {
        change(work);
        return Task.CompletedTask;
    });

    private async Task CommitAsync(Func<UnitOfWork, Task> change)
    {
        await using var scope = _node.Scope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        await change(work);
        await work.CommitAsync(default);
    }
}
