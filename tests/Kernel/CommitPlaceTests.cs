using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests;

/// <summary>Where a unit of work is stored: in the place of the one person it is about, or where its message lies.</summary>
public sealed class CommitPlaceTests : IAsyncDisposable
{
    private readonly IReadOnlyList<IStore> _stores = [new MemoryStore(TimeProvider.System), new MemoryStore(TimeProvider.System)];
    private readonly TestNode _node;
    private readonly AsyncServiceScope _scope;
    private readonly UnitOfWork _work;

    public CommitPlaceTests()
    {
        _node = new TestNode(_stores, TimeProvider.System);
        _scope = _node.Scope();
        _work = _scope.ServiceProvider.GetRequiredService<UnitOfWork>();
    }

    public async ValueTask DisposeAsync()
    {
        await _scope.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Settles_a_message_in_the_shard_in_which_it_lies()
    {
        var sent = new SendMessage(Id.New(TimeProvider.System, new Bucket(1)), "job", new Bucket(1), 5, default, []);
        await _node.Get<Shards>().All[1].CommitAsync(
            new Commit { Id = sent.Id, Bucket = new Bucket(1), Epoch = 1, Messages = [sent] }, default);
        var taken = Assert.Single(await TakeAsync());

        _work.Send(new SettleMessage(taken.Id, taken.Token));
        await _work.CommitAsync(default);

        await _stores[1].ReleaseAllAsync("me", default);
        Assert.Empty(await TakeAsync());
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(0, 5)]
    public async Task Lies_in_the_place_of_the_person_though_a_part_belongs_to_none(int first, int second)
    {
        var seen = new Seen();
        _scope.ServiceProvider.GetRequiredService<CommitScope>().Amendment = seen;
        Begin(first);
        Begin(second);

        await _work.CommitAsync(default);

        Assert.Equal(new Bucket(7, 5), seen.Place);
    }

    [Fact]
    public async Task Refuses_to_be_about_two_persons_of_one_bucket()
    {
        Begin(1);
        Begin(2);

        await Assert.ThrowsAsync<InvalidOperationException>(() => _work.CommitAsync(default).AsTask());

        Assert.Empty((await _stores[1].ReadLogAsync(0, 1, null, default)).Events);
    }

    private void Begin(int kin) =>
        _work.Start<Thing>(new StreamId(new Bucket(7, kin), Thing.Category, $"of-{kin}")).Append(new Thing.Happened("x"));

    private async Task<IReadOnlyList<TakenMessage>> TakeAsync() =>
        await _stores[1].TakeAsync(new TakeMessages(["job"], 1, "me", TimeSpan.FromMinutes(1)), default);

    /// <summary>Looks at a commit on its way to the store.</summary>
    private sealed class Seen : ICommitAmendment
    {
        public Bucket Place { get; private set; }

        public ValueTask<Commit> AmendAsync(Commit commit, CancellationToken cancellationToken)
        {
            Place = commit.Bucket;
            return new(commit);
        }

        public bool IsStoredAlready(Conflict conflict) => false;

        public void Stored()
        {
        }
    }
}
