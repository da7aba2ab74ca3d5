using System.Text;
using System.Text.Json;

namespace Monolith.Kernel.Tests;

/// <summary>Fields of stored documents that nothing writes yet: with one region and no move they are not there.</summary>
public sealed class OptionalFieldsTests
{
    private const string Plain = """{"position":7,"owner":"n","expiresAt":"2030-01-01T00:00:00+00:00"}""";
    private const string Arriving =
        """{"position":7,"owner":"n","expiresAt":"2030-01-01T00:00:00+00:00","arrival":{"journal":8,"through":-40}}""";
    private const string Views = """{"number":1,"version":2,"position":3}""";
    private const string Based = """{"number":1,"version":2,"position":3,"epoch":18}""";

    private static readonly StoredJson _json = new([new ModuleTypes("kernel", typeof(Checkpoint).Assembly, KernelJson.Default)]);

    [Theory]
    [InlineData(Plain)]
    [InlineData(Arriving)]
    public void A_checkpoint_reads_back_with_and_without_an_arrival(string stored) =>
        Assert.Equal(stored, Encoding.UTF8.GetString(_json.Write(Read(stored))));

    [Fact]
    public void A_checkpoint_tells_how_far_an_arrival_is_handled()
    {
        Assert.Null(Read(Plain).Arrival);
        Assert.Equal(new Arrival(Journal: 8, Through: -40), Read(Arriving).Arrival);
    }

    [Theory]
    [InlineData("""{"position":7,"owner":"n","expiresAt":"2030-01-01T00:00:00+00:00","arrival":{"journal":8}}""")]
    [InlineData("""{"position":7,"owner":"n","expiresAt":"2030-01-01T00:00:00+00:00","arrival":{"through":-40}}""")]
    public void Half_an_arrival_is_refused(string stored) => Assert.Throws<JsonException>(() => Read(stored));

    [Theory]
    [InlineData(Views, null)]
    [InlineData(Based, 18L)]
    public void Views_read_back_with_and_without_an_epoch(string stored, long? epoch)
    {
        var read = _json.Read<FollowedState>(State(stored));

        Assert.Equal(epoch, read.Live.Epoch);
        Assert.Equal(Encoding.UTF8.GetString(State(stored)), Encoding.UTF8.GetString(_json.Write(read)));
    }

    [Fact]
    public async Task A_lease_keeps_an_arrival_until_the_event_that_tells_of_it_is_passed()
    {
        await using var node = new TestNode(new MemoryStore(TimeProvider.System), TimeProvider.System);
        var stored = _json.Write(new Checkpoint(7, "", default) { Arrival = new Arrival(Journal: 8, Through: -40) });
        var write = new DocumentWrite(Checkpoint.Kind, "things.copy", null, stored, 1);
        await node.Shard.CommitAsync(
            new Commit { Id = Id.New(TimeProvider.System, default), Bucket = default, Documents = [write] }, default);
        var lease = new SubscriptionLease(
            "things.copy", startsNow: false, node.Shard, node.Context.Node, node.Context.Json, node.Context.Clock);

        await lease.HoldAsync(default);
        var held = await CheckpointAsync(node);
        await lease.WriteAsync(8, [], default);
        var passed = await CheckpointAsync(node);
        await lease.GiveBackAsync();
        var givenBack = await CheckpointAsync(node);

        Assert.Equal((7, new Arrival(8, -40)), (held.Position, held.Arrival));
        Assert.Equal((8, null), (passed.Position, passed.Arrival));
        Assert.Equal((8, "", null), (givenBack.Position, givenBack.Owner, givenBack.Arrival));
    }

    private static async Task<Checkpoint> CheckpointAsync(TestNode node) =>
        _json.Read<Checkpoint>((await node.Shard.Store.FindAsync(Checkpoint.Kind, "things.copy", default))!.Body);

    private static Checkpoint Read(string stored) => _json.Read<Checkpoint>(Encoding.UTF8.GetBytes(stored));

    private static byte[] State(string live) =>
        Encoding.UTF8.GetBytes($$"""{"owner":"","expiresAt":"0001-01-01T00:00:00+00:00","live":{{live}},"retired":[],"version":2}""");
}
