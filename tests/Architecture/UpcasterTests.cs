using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Architecture.Tests;

// Here and not with the kernel's tests: what is planted below would be found by the module of those.
public sealed partial class UpcasterTests
{
    [Fact]
    public void Reads_every_former_shape_as_the_present_one()
    {
        var catalog = Catalog(typeof(Moved), typeof(NamedPlace), typeof(PlaceWithCountry));

        Assert.Equal(new Moved("Oslo", "??"), catalog.Read(Stored("trips.moved.v1", """{"where":"Oslo"}""")));
        Assert.Equal(new Moved("Oslo", "NO"), catalog.Read(Stored("trips.moved.v2", """{"place":"Oslo","unknown":{"to":"this"}}""", "NO")));
        Assert.Equal(new Moved("Oslo", "SE"), catalog.Read(Stored("trips.moved.v3", """{"place":"Oslo","country":"SE"}""")));
    }

    [Fact]
    public void Writes_the_present_shape_only()
    {
        var catalog = Catalog(typeof(Moved), typeof(NamedPlace), typeof(PlaceWithCountry));

        Assert.Equal("trips.moved.v3", catalog.NameOf(typeof(Moved)));
        Assert.Equal(["trips.moved.v1", "trips.moved.v2"], catalog.Former.Order());
        Assert.Equal(
            ["trips.moved.v3", "trips.moved.v1", "trips.moved.v2"],
            catalog.EveryNameOf(typeof(Moved)).OrderByDescending(n => n == "trips.moved.v3").ThenBy(n => n));
    }

    [Fact]
    public void Names_an_unknown_type_and_json_that_is_none()
    {
        var catalog = Catalog(typeof(Moved), typeof(NamedPlace), typeof(PlaceWithCountry));

        var unknown = Assert.Throws<InvalidOperationException>(() => catalog.Read(Stored("trips.sunk.v1", "{}")));
        Assert.Contains("trips.sunk.v1", unknown.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<JsonException>(() => catalog.Read(Stored("trips.moved.v1", "null")));
        Assert.ThrowsAny<JsonException>(() => catalog.Read(Stored("trips.moved.v3", "{}")));
    }

    [Theory]
    [InlineData("is upcast to trips.moved.v3, which no event is stored as", typeof(NamedPlace), typeof(PlaceWithCountry))]
    [InlineData("both upcast trips.moved.v1", typeof(Moved), typeof(NamedPlace), typeof(PlaceWithCountry), typeof(NamedPlaceAgain))]
    [InlineData("still is stored as", typeof(Moved), typeof(Onward))]
    [InlineData("go round in a circle", typeof(There), typeof(BackAgain))]
    public void Refuses_steps_that_lead_nowhere(string fault, params Type[] types)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Catalog(types));

        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    private static EventCatalog Catalog(params Type[] types)
    {
        var trips = new ModuleTypes("trips", new Types(types), TripsJson.Default);
        return new EventCatalog([trips], new StoredJson([trips]));
    }

    private static StoredEvent Stored(string type, string data, string? country = null)
    {
        var json = country is null ? data : data.Replace("Oslo", $"Oslo,{country}", StringComparison.Ordinal);
        return new StoredEvent(Guid.Empty, default, 1, 1, type, Encoding.UTF8.GetBytes(json), default, default);
    }

    // An assembly that holds just these types.
    private sealed class Types(Type[] types) : Assembly
    {
        public override Type[] GetTypes() => types;
    }

    [EventType("trips.moved.v3")]
    internal sealed record Moved(string Place, string Country);

    private sealed class NamedPlace : IUpcaster
    {
        public string From => "trips.moved.v1";

        public string To => "trips.moved.v2";

        public JsonObject Upcast(JsonObject data) => new() { ["place"] = $"{data["where"]},??" };
    }

    private sealed class PlaceWithCountry : IUpcaster
    {
        public string From => "trips.moved.v2";

        public string To => "trips.moved.v3";

        public JsonObject Upcast(JsonObject data)
        {
            var parts = ((string)data["place"]!).Split(',');
            return new() { ["place"] = parts[0], ["country"] = parts[1] };
        }
    }

    private sealed class NamedPlaceAgain : IUpcaster
    {
        public string From => "trips.moved.v1";

        public string To => "trips.moved.v3";

        public JsonObject Upcast(JsonObject data) => data;
    }

    private sealed class Onward : IUpcaster
    {
        public string From => "trips.moved.v3";

        public string To => "trips.moved.v3";

        public JsonObject Upcast(JsonObject data) => data;
    }

    private sealed class There : IUpcaster
    {
        public string From => "trips.there.v1";

        public string To => "trips.back.v1";

        public JsonObject Upcast(JsonObject data) => data;
    }

    private sealed class BackAgain : IUpcaster
    {
        public string From => "trips.back.v1";

        public string To => "trips.there.v1";

        public JsonObject Upcast(JsonObject data) => data;
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Moved))]
    private sealed partial class TripsJson : JsonSerializerContext;
}
