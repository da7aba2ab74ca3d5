using System.Security.Cryptography;
using System.Text;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>What other systems are told. Their receivers rely on names and fields, and are given nothing personal.</summary>
public sealed class AnnouncementTests
{
    private static readonly ModuleTypes[] _modules =
    [
        .. Catalog.Modules.Select(m => new ModuleTypes(m.Name, m.GetType().Assembly, m.Json)),
        new("kernel", typeof(EventCatalog).Assembly, KernelJson.Default),
    ];

    private static readonly StoredJson _json = new(_modules);
    private static readonly FeedCatalog _catalog = new(
        Catalog.Modules.SelectMany(m => m.GetType().Assembly.GetTypes()).Where(t => t.IsSubclassOf(typeof(Announcer)))
            .Select(t => (Announcer)Activator.CreateInstance(t)!), // no Nullable<T>
        new EventCatalog(_modules, _json), _json);

    public static TheoryData<string> Announced => [.. _catalog.Types];

    [Fact]
    public void Announcements() => Snapshot.Match(
        string.Join('\n', _catalog.All.OrderBy(a => a.Name, StringComparer.Ordinal)
            .Select(a => $"{a.Name} {ContractSnapshots.Fields(_json.Options.GetTypeInfo(a.Announcement))}")),
        "announcements");

    [Fact]
    public void An_announcement_is_a_contract_of_the_module_that_its_name_begins_with() => Assert.All(_catalog.All, a => Assert.Equal(
        (true, Solution.ContractsOf(a.Name.Split('.')[0])), (a.Announcement.IsVisible, a.Announcement.Assembly)));

    [Theory]
    [MemberData(nameof(Announced))]
    public void Nothing_personal_of_an_event_is_announced(string type)
    {
        var data = File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Architecture", "Golden", $"{type}.json"));
        var fields = PersonalFields.Of(new EventCatalog(_modules, _json).All[type]);
        var (id, person) = (Id.New(TimeProvider.System, Bucket.Here), Id.New(TimeProvider.System, new Bucket(1)));
        var sealedData = SealedJson.Seal(data, fields, id, new SubjectKey(person, RandomNumberGenerator.GetBytes(SubjectKey.Size)));

        var message = _catalog.MessageOf(new StoredEvent(
            id, new StreamId(new Bucket(1), "any", $"{person}"), 1, 1, type, sealedData, default, default), "store", 0, 0);

        var body = Encoding.UTF8.GetString(message.Body.Span);
        Assert.DoesNotContain(
            fields.SelectMany(f => TextsIn(JsonNode.Parse(data)![f])), text => body.Contains(text, StringComparison.Ordinal));
        Assert.Contains("\"at\":\"2026-", body, StringComparison.Ordinal); // It is what the file says otherwise.
    }

    // Else the test above would look for nothing.
    [Fact]
    public void Some_events_that_are_announced_hold_something_personal() => Assert.Contains(
        _catalog.Types, type => PersonalFields.Of(new EventCatalog(_modules, _json).All[type]).Count > 0);

    private static IEnumerable<string> TextsIn(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(f => TextsIn(f.Value)),
        JsonArray items => items.SelectMany(TextsIn),
        JsonValue value when value.ToString() is { Length: > 0 } text => [text],
        _ => [],
    };
}
