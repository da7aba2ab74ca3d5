using System.Text;
using System.Text.Json;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>
/// Every event shape that was ever released, as it lies in the stores of others: <c>Golden/{stored name}.json</c>. A file that was
/// released is never changed and never removed; a shape that is left behind gets an <see cref="IUpcaster"/>.
/// </summary>
public sealed class GoldenEventTests
{
    private static readonly StoredJson _json = new(Modules());
    private static readonly EventCatalog _events = new(Modules(), _json);

    private static string Folder => Path.Combine(Repository.Root, "tests", "Architecture", "Golden");

    public static TheoryData<string> Golden =>
        [.. Directory.GetFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order()];

    [Fact]
    public void Every_event_has_its_file() => Assert.Equal(
        _events.All.Keys.Concat(_events.Former).Order(StringComparer.Ordinal), Golden.Select(g => g.Data).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Golden))]
    public void Is_read_as_it_was_meant(string name)
    {
        var stored = Stored(name);

        var read = Read(name, stored);

        // What a former shape becomes is what its upcaster's own test says.
        if (!_events.Former.Contains(name))
        {
            Assert.Equal(stored.ToJsonString(), JsonNode.Parse(_json.WriteObject(read))!.ToJsonString());
        }
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Is_refused_when_a_field_is_missing_or_null(string name)
    {
        var optional = name switch
        {
            "sessions.user-active.v1" => ["before"],
            "users.registered.v1" or "users.details-changed.v1" => ["address"],
            "users.password-replaced.v1" => ["keptSession"],
            _ => Array.Empty<string>(),
        };

        foreach (var field in Stored(name).Select(f => f.Key).Except(optional))
        {
            var without = Stored(name);
            without.Remove(field);
            var empty = Stored(name);
            empty[field] = null;

            Assert.ThrowsAny<JsonException>(() => Read(name, without));
            if (field != "payload") // of a job is any JSON
            {
                Assert.ThrowsAny<JsonException>(() => Read(name, empty));
            }
        }

        foreach (var field in optional)
        {
            var without = Stored(name);
            without.Remove(field);
            Read(name, without);
        }
    }

    private static object Read(string name, JsonObject data) =>
        _events.Read(new StoredEvent(default, default, 1, 1, name, Encoding.UTF8.GetBytes(data.ToJsonString()), default, default));

    private static JsonObject Stored(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{name}.json")))!.AsObject();

    private static IEnumerable<ModuleTypes> Modules() =>
        Catalog.Modules.Select(m => new ModuleTypes(m.Name, m.GetType().Assembly, m.Json))
            .Append(new ModuleTypes("kernel", typeof(EventCatalog).Assembly, KernelJson.Default));
}
