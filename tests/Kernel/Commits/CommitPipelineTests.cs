using Microsoft.Extensions.Logging.Abstractions;

namespace Monolith.Kernel.Tests.Commits;

/// <summary>What happens around a commit: the record that goes with it, the copies that it makes outdated, and what is forgotten.</summary>
public sealed class CommitPipelineTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new(TimeProvider.System);
    private readonly TestNode _node;
    private readonly List<Copies> _copies = [new(), new()];
    private readonly CommitScope _scope = new();

    public CommitPipelineTests() => _node = new TestNode([_store, new MemoryStore(TimeProvider.System)], TimeProvider.System);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Evicts_every_copy_of_every_stream_that_changed_at_the_position_of_the_commit()
    {
        await CommitAsync(NewCommit(0, "a", "b"));

        Assert.All(_copies, c => Assert.Equal(["thing-a 0:2", "thing-b 0:2"], c.Evicted));
        Assert.Equal([new LogPosition(0, 2)], _scope.Written);
    }

    [Fact]
    public async Task Stores_though_no_copy_can_be_evicted()
    {
        _copies[0].Failure = new IOException("The cache cannot be reached.");

        await CommitAsync(NewCommit(0, "a"));

        Assert.Equal(1, await _store.HeadAsync(default));
        Assert.Equal([new LogPosition(0, 1)], _scope.Written);
    }

    [Fact]
    public async Task Evicts_nothing_of_what_was_refused()
    {
        await CommitAsync(NewCommit(0, "a"));
        _copies.ForEach(c => c.Evicted.Clear());

        await Assert.ThrowsAsync<ConflictException>(() => CommitAsync(NewCommit(0, "a")));

        Assert.All(_copies, c => Assert.Empty(c.Evicted));
        Assert.Equal([new LogPosition(0, 1)], _scope.Written);
    }

    [Fact]
    public async Task Tells_the_last_position_of_each_log_that_it_wrote_to()
    {
        await CommitAsync(NewCommit(0, "a"));
        await CommitAsync(NewCommit(1, "b"));
        await CommitAsync(NewCommit(0, "c"));

        Assert.Equal([new LogPosition(0, 2), new LogPosition(1, 1)], _scope.Written);
        Assert.Equal((2, 1, 0), (_scope.DemandOf(0), _scope.DemandOf(1), _scope.DemandOf(2)));
        _scope.Demanded = new ConsistencyToken([new LogPosition(1, 7)]);
        Assert.Equal((2, 7), (_scope.DemandOf(0), _scope.DemandOf(1)));
    }

    [Fact]
    public async Task Adds_the_amendment_of_the_scope_and_tells_it_once_it_is_stored()
    {
        var record = new Record("r");
        _scope.Amendment = record;

        await CommitAsync(NewCommit(0, "a"));

        Assert.Equal(1, record.TimesStored);
        Assert.NotNull(await _store.FindAsync(Record.Kind, "r", default));
    }

    [Fact]
    public async Task Says_that_deciding_again_cannot_help_where_the_amendment_is_stored_already()
    {
        _scope.Amendment = new Record("r");
        await CommitAsync(NewCommit(0, "a"));
        var again = new Record("r");
        _scope.Amendment = again;

        var refused = await Assert.ThrowsAsync<ConflictException>(() => CommitAsync(NewCommit(0, "b")));

        Assert.Equal((true, ConflictKind.Document, 0), (refused.IsFinal, refused.Conflict.Kind, again.TimesStored));
        Assert.Empty(await _store.ReadStreamAsync(Thing.Stream("b"), 0, 10, default));
    }

    [Fact]
    public async Task Says_that_deciding_again_may_help_where_something_else_was_in_the_way_of_an_amended_commit()
    {
        await CommitAsync(NewCommit(0, "a"));
        _scope.Amendment = new Record("r");

        Assert.False((await Assert.ThrowsAsync<ConflictException>(() => CommitAsync(NewCommit(0, "a")))).IsFinal);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    public async Task Decides_again_three_times_at_most(int succeedsAt, bool isStored)
    {
        await using var scope = _node.Scope();
        var (retry, runs) = (new ConflictRetry(scope.ServiceProvider, TimeProvider.System), 0);

        var decided = retry.CommitAsync(
            work =>
            {
                if (++runs < succeedsAt)
                {
                    work.Continue(Thing.Stream("a"), 99, Thing.Initial).Append(new Thing.Happened("too late"));
                }
                else
                {
                    work.Start<Thing>(Thing.Stream("a")).Append(new Thing.Happened("x"));
                }

                return Task.FromResult(runs);
            },
            default);

        if (isStored)
        {
            Assert.Equal(succeedsAt, await decided);
            Assert.Equal(["x"], await _node.CountedAsync(Thing.Stream("a")));
        }
        else
        {
            await Assert.ThrowsAsync<ConflictException>(() => decided);
            Assert.Equal(4, runs);
        }
    }

    [Fact]
    public async Task Does_not_decide_again_where_that_cannot_help()
    {
        await using var scope = _node.Scope();
        var runs = 0;

        await Assert.ThrowsAsync<ConflictException>(() => new ConflictRetry(scope.ServiceProvider, TimeProvider.System).CommitAsync<int>(
            _ => throw new ConflictException(new Conflict(ConflictKind.Message, "m", ++runs)), default));

        Assert.Equal(1, runs);
    }

    private Task CommitAsync(Commit commit) => new CommitPipeline(
        _node.Get<Shards>(), _node.Get<StateMemory>(), _node.Get<SubjectKeys>(), _copies, NullLogger<CommitPipeline>.Instance).CommitAsync(
            commit, _scope, default).AsTask();

    private static Commit NewCommit(int bucket, params string[] keys) => new()
    {
        Id = Id.New(TimeProvider.System, new Bucket(bucket)),
        Bucket = new Bucket(bucket),
        Appends =
        [
            .. keys.Select(key => new Append(
                Thing.Stream(key, bucket), 0,
                [new NewEvent(Id.New(
                    TimeProvider.System, new Bucket(bucket)), "things.happened.v1", "{\"what\":\"x\"}"u8.ToArray(), default, default)])),
        ],
    };

    private sealed class Copies : ICacheInvalidator
    {
        public List<string> Evicted { get; } = [];

        public Exception? Failure { get; set; }

        public ValueTask EvictAsync(string tag, LogPosition position, CancellationToken cancellationToken)
        {
            Evicted.Add($"{tag} {position.Shard}:{position.Value}");
            return Failure is null ? default : ValueTask.FromException(Failure);
        }
    }

    private sealed class Record(string id) : ICommitAmendment
    {
        public const string Kind = "things.record.v1";

        public int TimesStored { get; private set; }

        public ValueTask<Commit> AmendAsync(Commit commit, CancellationToken cancellationToken) => new(
            commit with { Documents = [.. commit.Documents, new DocumentWrite(
                Kind, id, commit.Bucket, "{}"u8.ToArray(), 1) { ExpectedVersion = 0 }] });

        public bool IsStoredAlready(Conflict conflict) => conflict.What == $"{Kind}/{id}";

        public void Stored() => TimesStored++;
    }
}
