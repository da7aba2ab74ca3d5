using Monolith.Adapters.Marten;
using Monolith.Adapters.Postgres;

namespace Monolith.Adapters.Tests.Marten;

/// <summary>The decision by itself: no server is asked.</summary>
public sealed class BatchStateTests
{
    private const long Head = 40;

    private static readonly Bucket _bucket = new(7);
    private static readonly StreamId _stream = new(_bucket, "test", "1");

    private readonly BatchFacts _facts = new(Epoch: 3, Head);
    private readonly BatchState _state;
    private int _index;

    public BatchStateTests() => _state = new BatchState(_facts);

    [Fact]
    public void Lets_a_commit_rely_on_what_an_earlier_one_of_its_batch_wrote()
    {
        Assert.IsType<Decision.Stored>(Next(Appending(_stream, 0)));
        Assert.IsType<Decision.Stored>(Next(Appending(_stream, 1)));
        IsRefused(ConflictKind.Stream, "test-1", 2, Appending(_stream, 1));

        Assert.Equal(2, _state.StreamOf("test-1").Version);
    }

    [Fact]
    public void Leaves_nothing_of_a_commit_that_loses()
    {
        _facts.Documents[("thing", "1")] = new DocumentFact(5, Entries: null);
        var loser = Appending(_stream, 0) with { Documents = [Put("1", "grace") with { ExpectedVersion = 4 }] };

        IsRefused(ConflictKind.Document, "thing/1", 5, loser);

        Assert.IsType<Decision.Stored>(Next(Appending(_stream, 0) with { Documents = [Put("2", "grace")] }));
    }

    [Fact]
    public void Knows_a_retry_of_what_was_stored_before_and_of_what_its_own_batch_stores()
    {
        var (before, now) = (Appending(_stream, 4), Appending(new StreamId(_bucket, "test", "2"), 0));
        _facts.Streams["test-1"] = new StreamFact(9, new byte[HashChain.HeadSize]);
        _facts.Events[before.Appends[0].Events[0].Id] = new EventFact("test-1", 5, Position: 17);

        Assert.Equal(new Decision.StoredAt(17), Next(before));
        Assert.IsType<Decision.Stored>(Next(now));
        Assert.Equal(new Decision.StoredBy(1), Next(now));
    }

    [Fact]
    public void Refuses_an_event_that_has_the_id_of_another()
    {
        var one = Appending(_stream, 0);
        var other = Appending(new StreamId(_bucket, "test", "2"), 0);
        other = other with { Appends = [other.Appends[0] with { Events = one.Appends[0].Events }] };

        Assert.IsType<Decision.Stored>(Next(one));
        IsRefused(ConflictKind.Event, "test-2", 0, other);
    }

    [Fact]
    public void Lets_claims_pass_between_documents_of_one_commit_and_to_later_ones_when_they_are_released()
    {
        Assert.IsType<Decision.Stored>(Next(Writing(Put("1", "ada"), Put("2", "grace"))));
        IsRefused(ConflictKind.Claim, "thing/name", 0, Writing(Put("3", "ada")));
        Assert.IsType<Decision.Stored>(Next(Writing(Put("1", "grace"), Put("2", "ada"))));
        IsRefused(ConflictKind.Claim, "thing/name", 0, Writing(Put("4", "new"), Put("5", "new")));
        Assert.IsType<Decision.Stored>(Next(Writing(Put("1", "grace") with { Body = null, Entries = [] })));
        Assert.IsType<Decision.Stored>(Next(Writing(Put("3", "grace"))));
    }

    [Fact]
    public void Releases_the_claims_that_a_document_had_before_the_batch()
    {
        var held = Put("1", "ada");
        _facts.Documents[("thing", "1")] = new DocumentFact(1, StoredEntries.Pack(held.Entries));
        _facts.Claims[BatchState.ClaimsOf(held).Single().Key] = "1";

        IsRefused(ConflictKind.Claim, "thing/name", 0, Writing(Put("2", "ada")));
        Assert.IsType<Decision.Stored>(Next(Writing(Put("1", "lovelace"))));
        Assert.IsType<Decision.Stored>(Next(Writing(Put("2", "ada"))));
    }

    [Fact]
    public void Lets_a_message_be_settled_by_its_present_lease_only_and_once()
    {
        var (id, other) = (NewId(), NewId());
        _facts.Held[id] = 2;

        IsRefused(ConflictKind.Message, $"{id}", 2, Sending(new SettleMessage(id, 1)));
        IsRefused(ConflictKind.Message, $"{other}", 0, Sending(new GuardMessage(other, 1)));
        Assert.IsType<Decision.Stored>(Next(Sending(new GuardMessage(id, 2))));
        Assert.IsType<Decision.Stored>(Next(Sending(new DeferMessage(id, 2, default))));
        IsRefused(ConflictKind.Message, $"{id}", 0, Sending(new SettleMessage(id, 2)));
    }

    [Fact]
    public void Looks_at_the_epoch_first_but_not_for_what_belongs_to_the_shard()
    {
        IsRefused(ConflictKind.Epoch, "shard map", 3, Appending(_stream, 9) with { Epoch = 2 });
        Assert.IsType<Decision.Stored>(Next(Writing(Put("1", "ada")) with { Bucket = Bucket.Here, Epoch = 2 }));
    }

    [Theory]
    [InlineData("test-plain")]
    [InlineData("test-a\\b\0c\\0")]
    public void Keeps_every_character_of_a_name(string name)
    {
        Assert.DoesNotContain('\0', MartenNames.Escape(name));
        Assert.Equal(name, MartenNames.Unescape(MartenNames.Escape(name)));
    }

    private Decision Next(Commit commit) => _state.Next(_index++, commit);

    private void IsRefused(ConflictKind kind, string what, long current, Commit commit) =>
        Assert.Equal(new Decision.Refused(new Conflict(kind, what, current)), Next(commit));

    private static Guid NewId() => Id.New(TimeProvider.System, _bucket);

    private static Commit New() => new() { Id = NewId(), Bucket = _bucket, Epoch = 3 };

    private static Commit Appending(StreamId stream, long expected) => New() with
    {
        Appends = [new Append(stream, expected, [new NewEvent(NewId(), "tests.happened.v1", "{}"u8.ToArray(), default, default)])],
    };

    private static Commit Writing(params DocumentWrite[] documents) => New() with { Documents = documents };

    private static Commit Sending(params MessageWrite[] messages) => New() with { Messages = messages };

    private static DocumentWrite Put(string id, string name) => new("thing", id, null, "{}"u8.ToArray(), 1)
    {
        Entries = [new IndexEntry("name", name, IsUnique: true)],
    };
}
