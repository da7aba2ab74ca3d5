using System.Text;
using System.Text.Json;

namespace Monolith.Kernel.Tests.Events;

/// <summary>What two modules must not share, and what no rule stores, is refused at the start or when the event is read.</summary>
public sealed class CatalogTests : IAsyncDisposable
{
    private readonly TestNode _node = new(new MemoryStore(TimeProvider.System), TimeProvider.System);

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public void Refuses_an_event_under_the_name_of_another_module() => Assert.Contains(
        "must begin with the name of its module, others", Refused(
            () => Events(Module("others", typeof(Thing.Happened)))), StringComparison.Ordinal);

    [Fact]
    public void Refuses_two_events_of_one_name() => Assert.Contains(
        "are both stored as things.happened.v1", Refused(
            () => Events(Module("things", typeof(Thing.Happened)), Module("things", typeof(Thing.Happened)))),
        StringComparison.Ordinal);

    [Fact]
    public void Refuses_to_store_what_has_no_name() => Assert.Contains(
        "has no [EventType]", Refused(() => _node.Get<EventCatalog>().NameOf(typeof(Tally))), StringComparison.Ordinal);

    [Fact]
    public void Refuses_two_aggregates_of_one_category() => Assert.Contains(
        "has the category \"thing\" of another aggregate", Refused(
            () => Aggregates([], Module("a", typeof(Thing)), Module("b", typeof(Thing)))), StringComparison.Ordinal);

    [Fact]
    public void Refuses_two_documents_of_one_kind() => Assert.Contains(
        $"have the kind {TallyProjection.ViewKind}",
        Refused(() =>
            Aggregates([new TallyProjection(), new TallyProjection()], Module("things", typeof(Thing)))), StringComparison.Ordinal);

    [Fact]
    public void Finds_the_aggregate_of_a_stream_by_its_category()
    {
        var catalog = Aggregates([new TallyProjection()], Module("things", typeof(Thing), typeof(Person), typeof(Tally)));

        Assert.Equal([Thing.Kind, TallyProjection.ViewKind], catalog.Find(Thing.Stream("a"))!.Kinds);
        Assert.Equal([Person.Kind], catalog.Find(Person.Stream(Guid.Empty))!.Kinds);
        Assert.Null(catalog.Find(new StreamId(new Bucket(1), "unknown", "a")));
        Assert.Equal(2, catalog.All.Count);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"what\":null}")]
    [InlineData("{\"what\":7}")]
    [InlineData("{\"what\":\"x\"")]
    [InlineData("")]
    [InlineData("[{\"what\":\"x\"}]")]
    public void Takes_no_event_that_is_not_what_its_type_says(string data) =>
        Assert.ThrowsAny<JsonException>(() => _node.Get<EventCatalog>().Read(Stored("things.happened.v1", data)));

    [Theory]
    [InlineData("{\"what\":\"x\",\"more\":[1,{\"a\":null}]}")]
    [InlineData("{\"WHAT\":\"x\"}")]
    public void Skips_what_a_later_version_added(string data) =>
        Assert.Equal(new Thing.Happened("x"), _node.Get<EventCatalog>().Read(Stored("things.happened.v1", data)));

    [Fact]
    public void Takes_no_json_that_is_deeper_than_32()
    {
        string Nested(int depth) => $"{{\"what\":\"x\",\"more\":{new string('[', depth - 1)}{new string(']', depth - 1)}}}";

        _node.Get<EventCatalog>().Read(Stored("things.happened.v1", Nested(32)));
        Assert.ThrowsAny<JsonException>(() => _node.Get<EventCatalog>().Read(Stored("things.happened.v1", Nested(33))));
    }

    [Fact]
    public void Writes_and_reads_only_what_a_module_lists()
    {
        var json = _node.Get<StoredJson>();

        Assert.Throws<NotSupportedException>(() => json.Write(new Unlisted("x")));
        Assert.Throws<NotSupportedException>(() => json.WriteObject(new Unlisted("x")));
        Assert.ThrowsAny<JsonException>(() => json.Read<Tally>("null"u8));
        Assert.ThrowsAny<JsonException>(() => json.ReadObject("null"u8, typeof(Tally)));
        Assert.Equal(new Tally(3), json.ReadObject(new System.Text.Json.Nodes.JsonObject { ["count"] = 3 }, typeof(Tally)));
    }

    private static ModuleTypes Module(string name, params Type[] types) => new(name, new Only(types), ThingsJson.Default);

    private EventCatalog Events(params ModuleTypes[] modules) => new(modules, _node.Get<StoredJson>());

    private AggregateCatalog Aggregates(IReadOnlyList<IProjection> views, params ModuleTypes[] modules) =>
        new(modules, views, _node.Get<EventCatalog>(), _node.Get<SubjectKeys>(), _node.Get<StoredJson>());

    private static string Refused(Func<object> make) => Assert.Throws<InvalidOperationException>(make).Message;

    private static StoredEvent Stored(string type, string data) =>
        new(Id.New(TimeProvider.System, new Bucket(1)), Thing.Stream("a"), 1, 1, type, Encoding.UTF8.GetBytes(data), default, default);

    private sealed record Unlisted(string Text);
}
