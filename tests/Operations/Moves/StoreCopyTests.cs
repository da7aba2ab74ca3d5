using Monolith.Operations.Moves;

namespace Monolith.Operations.Tests.Moves;

/// <summary>One store is made what another is, however they came to differ.</summary>
public sealed class StoreCopyTests
{
    private readonly MemoryStore _source = new(TimeProvider.System);
    private readonly MemoryStore _target = new(TimeProvider.System);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)] // one page exactly
    [InlineData(1201)]
    public async Task Copies_every_event_at_its_position(int count)
    {
        await _source.AppendAsync("a", count);
        var copy = Copy();

        var streams = await copy.CopyEventsAsync(() => { }, Cancelled);

        Assert.Equal(count, copy.Events);
        Assert.Equal(count == 0 ? [] : [Written.StreamOf("a")], streams);
        Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
    }

    [Fact]
    public async Task Goes_on_where_a_copy_broke_off()
    {
        await _source.AppendAsync("a", 7);
        await Copy().CopyEventsAsync(() => { }, Cancelled);
        await _source.AppendAsync("b", 5);
        var copy = Copy();

        await copy.ResumeAsync(Cancelled);
        var streams = await copy.CopyEventsAsync(() => { }, Cancelled);

        Assert.Equal((5, Written.StreamOf("b")), (copy.Events, Assert.Single(streams)));
        Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
    }

    [Fact]
    public async Task Goes_on_with_no_target_that_holds_other_events()
    {
        await _source.AppendAsync("a", 3);
        await _target.AppendAsync("a", 3);

        var refused = await Assert.ThrowsAsync<MoveException>(() => Copy().ResumeAsync(Cancelled));

        Assert.Equal("the target holds other events than the source at position 3", refused.Message);
    }

    [Fact]
    public async Task Says_that_another_program_wrote_to_the_target()
    {
        await _source.AppendAsync("a", 3);
        await _target.AppendAsync("b", 1);

        var refused = await Assert.ThrowsAsync<MoveException>(() => Copy().CopyEventsAsync(() => { }, Cancelled));

        Assert.StartsWith(
            "the target does not take an event of the source; was it written to by another process? ", refused.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 450)]
    [InlineData(450, 0)]
    [InlineData(450, 450)]
    [InlineData(200, 199)]
    public async Task Makes_the_documents_of_the_target_those_of_the_source(int here, int there)
    {
        for (var i = 0; i < Math.Max(here, there); i++)
        {
            if (i < here)
            {
                await _source.WriteAsync(Written.Documents(Written.Document($"{i}", $"source {i}")));
            }

            if (i < there)
            {
                await _target.WriteAsync(Written.Documents(Written.Document($"{i}", i % 3 == 0 ? $"source {i}" : "older")));
            }
        }

        var copy = Copy();
        await copy.MirrorAsync(() => { }, Cancelled);
        var written = copy.Others;
        await copy.MirrorAsync(() => { }, Cancelled);

        Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
        Assert.Equal(written, copy.Others); // nothing was different the second time
    }

    [Fact]
    public async Task Keeps_the_mark_of_the_move_to_itself()
    {
        await _source.WriteAsync(Mark(MoveMark.Gone));
        await _target.WriteAsync(Mark(MoveMark.Incoming));

        await Copy().MirrorAsync(() => { }, Cancelled);

        Assert.Null(await _target.FindAsync(MoveMark.Kind, MoveMark.Gone, Cancelled));
        Assert.NotNull(await _target.FindAsync(MoveMark.Kind, MoveMark.Incoming, Cancelled));
    }

    [Fact]
    public async Task Copies_a_claim_that_passed_from_one_document_to_another()
    {
        await _target.WriteAsync(Written.Documents(Written.Document("a", "1", "ada@example.org")));
        await _source.WriteAsync(Written.Documents(Written.Document("a", "2"), Written.Document("b", "1", "ada@example.org")));

        await Copy().MirrorAsync(() => { }, Cancelled);

        Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
    }

    [Fact]
    public async Task Copies_messages_with_their_leases_and_removes_those_that_are_done()
    {
        var (kept, done) = (Written.NewId(), Written.NewId());
        await _source.WriteAsync(Written.Messages(Written.Message(kept, "kept")));
        await _target.WriteAsync(Written.Messages(Written.Message(kept, "older"), Written.Message(done)));
        await _source.TakeAsync(new TakeMessages(["tests.job"], 1, "worker", TimeSpan.FromHours(1)), Cancelled);

        await Copy().MirrorAsync(() => { }, Cancelled);

        Assert.Contains(" worker kept", Assert.Single(await _target.AllAsync()), StringComparison.Ordinal);
        Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
    }

    [Fact]
    public async Task Copies_what_changed_as_well_as_all_would_be()
    {
        var random = new Random(7);
        var moving = new MovingStore(_source, _target, (_, _) => default);
        var copy = Copy();
        for (var round = 0; round < 40; round++)
        {
            for (var step = random.Next(1, 9); step > 0; step--)
            {
                var id = $"{random.Next(12)}";
                await moving.WriteAsync(random.Next(4) switch
                {
                    0 => Written.Documents(Written.Document(id, null)),
                    1 => Written.Messages(Written.Message(Written.NewId(), id)),
                    _ => Written.Documents(Written.Document(id, $"{round}.{step}", random.Next(3) == 0 ? $"of {id}" : null)),
                });
                await moving.AppendAsync(id, random.Next(2));
            }

            await copy.CopyEventsAsync(() => { }, Cancelled);
            await copy.CopyAsync(moving.TakeChanges(), isLast: true, Cancelled);

            Assert.Equal(await _source.AllAsync(), await _target.AllAsync());
        }
    }

    [Fact]
    public async Task Says_at_the_last_moment_that_the_target_takes_a_document_no_more()
    {
        await _source.WriteAsync(Written.Documents(Written.Document("a", "1", "ada@example.org")));
        await _target.WriteAsync(Written.Documents(Written.Document("z", "1", "ada@example.org")));
        var changes = new Changes();
        changes.Documents.Add(("tests.thing.v1", "a"));

        await Copy().CopyAsync(changes, isLast: false, Cancelled);
        var refused = await Assert.ThrowsAsync<MoveException>(() => Copy().CopyAsync(changes, isLast: true, Cancelled));

        Assert.Equal("the target does not take documents of the source; did another program write to it?", refused.Message);
    }

    [Fact]
    public async Task Names_the_stream_that_is_not_the_same()
    {
        await _source.AppendAsync("a", 2);
        await _source.AppendAsync("b", 2);
        await Copy().CopyEventsAsync(() => { }, Cancelled);
        await Copy().VerifyAsync(Cancelled);

        await _source.AppendAsync("b", 1);
        await Copy().VerifyAsync(Cancelled); // further is no difference
        await DiffersAsync("b", Copy().VerifyAsync([Written.StreamOf("a"), Written.StreamOf("b")], mayBeFurther: false, Cancelled));
        await _target.AppendAsync("b", 1); // the same version with another event
        await DiffersAsync("b", Copy().VerifyAsync(Cancelled));
        await _target.AppendAsync("c", 1); // one that the source has not
        await DiffersAsync("c", Copy().VerifyAsync([Written.StreamOf("c")], mayBeFurther: true, Cancelled));
        await DiffersAsync("d", Copy().VerifyAsync([Written.StreamOf("d")], mayBeFurther: true, Cancelled)); // one that the target has not
    }

    private static async Task DiffersAsync(string stream, Task verifying) =>
        Assert.Equal(
            $"stream test-{stream} is not the same in the target", (await Assert.ThrowsAsync<MoveException>(() => verifying)).Message);

    private static Commit Mark(string id) => new()
    {
        Id = Written.NewId(), Bucket = Bucket.Here, Documents = [new DocumentWrite(MoveMark.Kind, id, null, "{}"u8.ToArray(), 1)],
    };

    private StoreCopy Copy() => new(_source, _target, TimeProvider.System);
}
