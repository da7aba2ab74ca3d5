using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

/// <summary>Which shard a unit of work goes to, where there are two of them.</summary>
public sealed class RouteTests : IAsyncDisposable
{
    private static readonly Bucket _second = new(1);

    private readonly IReadOnlyList<IStore> _stores = [new MemoryStore(TimeProvider.System), new MemoryStore(TimeProvider.System)];
    private readonly TestNode _node;

    public RouteTests() => _node = new TestNode(_stores, TimeProvider.System);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_unit_that_only_settles_a_message_goes_to_the_shard_of_the_message()
    {
        var taken = await TakeAsync();

        await CommitAsync(work => work.Send(new SettleMessage(taken.Id, taken.Token)));

        Assert.Null(await _stores[1].NextDueAsync(["job"], default));
    }

    [Fact]
    public async Task What_belongs_to_the_shard_alone_goes_to_the_first_one()
    {
        await CommitAsync(work => work.Write(Note(null)));

        Assert.NotNull(await _stores[0].FindAsync("things.note.v1", "a", default));
    }

    [Fact]
    public async Task What_belongs_to_the_shard_goes_with_the_rest()
    {
        await CommitAsync(work =>
        {
            work.Write(Note(null));
            work.Start<Thing>(Thing.Stream("a")).Append(new Thing.Happened("x"));
        });

        Assert.NotNull(await _stores[1].FindAsync("things.note.v1", "a", default));
    }

    [Fact]
    public async Task What_a_job_does_to_the_shard_alone_goes_to_the_shard_of_the_job()
    {
        var taken = await TakeAsync();

        await CommitAsync(work => work.Write(Note(null)), scope => scope.Guard = new GuardMessage(taken.Id, taken.Token));

        Assert.NotNull(await _stores[1].FindAsync("things.note.v1", "a", default));
    }

    [Fact]
    public async Task A_commit_lies_in_one_bucket() => await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(work =>
    {
        work.Write(Note(_second));
        work.Send(new CancelMessage(Id.New(TimeProvider.System, new Bucket(3)))); // in the same shard, for now
    }));

    [Fact]
    public async Task A_commit_is_about_one_person_and_what_has_no_kin_in_the_same_bucket()
    {
        var person = new Bucket(1, 7);

        await CommitAsync(work =>
        {
            work.Write(Note(_second));
            work.Write(Note(person, "b"));
        });

        Assert.NotNull(await _stores[1].FindAsync("things.note.v1", "b", default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(work =>
        {
            work.Write(Note(person));
            work.Write(Note(new Bucket(1, 8), "b"));
        }));
    }

    [Fact]
    public async Task The_record_of_a_keyed_request_lies_in_the_place_of_the_commit()
    {
        var (json, person) = (_node.Get<StoredJson>(), new Bucket(1, 7));
        var request = new KeyedRequest("key", _ => ValueTask.FromResult<byte[]>([1]), json, TimeProvider.System);

        var commit = new Commit { Id = Id.New(TimeProvider.System, person), Bucket = person, Documents = [Note(_second)] };
        commit = await request.AmendAsync(commit, default);

        Assert.Equal([_second, person], commit.Documents.Select(d => d.Bucket!.Value));
    }

    private static DocumentWrite Note(Bucket? place, string id = "a") => new("things.note.v1", id, place, "{}"u8.ToArray(), 1);

    private async Task<TakenMessage> TakeAsync()
    {
        var sent = new SendMessage(Id.New(TimeProvider.System, _second), "job", _second, 5, default, []);
        await _stores[1].CommitAsync([new Commit { Id = sent.Id, Bucket = _second, Messages = [sent] }], default);
        return Assert.Single(await _stores[1].TakeAsync(new TakeMessages(["job"], 1, "me", TimeSpan.FromMinutes(1)), default));
    }

    private async Task CommitAsync(Action<UnitOfWork> decide, Action<CommitScope>? prepare = null)
    {
        await using var scope = _node.Scope();
        prepare?.Invoke(scope.ServiceProvider.GetRequiredService<CommitScope>());
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        decide(work);
        await work.CommitAsync(default);
    }
}
