using System.Text;
using System.Text.Json.Nodes;
using Monolith.Operations.Verbs;

namespace Monolith.Operations.Tests.Verbs;

/// <summary>One event as one line, whatever is in it.</summary>
public sealed class EventsShowTests
{
    [Fact]
    public void Prints_all_of_an_event_in_one_line()
    {
        var line = Encoding.UTF8.GetString(EventsShow.LineOf(Event("{\n  \"name\": \"Ada\\nLovelace\"\n}", "{\"traceId\":\"7\"}")));

        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.Single(line.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var json = JsonNode.Parse(line)!;
        Assert.Equal(["position", "version", "type", "id", "at", "data", "meta"], json.AsObject().Select(p => p.Key));
        Assert.Equal(
            (12, 3, "Ada\nLovelace", "7"),
            ((int?)json["position"], (int?)json["version"], (string?)json["data"]!["name"], (string?)json["meta"]!["traceId"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"name\":\"Ada\"")]
    [InlineData("\u0001\u0002")]
    public void Prints_what_is_damaged_in_base64(string data)
    {
        var json = JsonNode.Parse(EventsShow.LineOf(Event(data, "not json either")))!;

        Assert.Equal(data, Encoding.UTF8.GetString(Convert.FromBase64String((string)json["unreadableData"]!)));
        Assert.Equal("not json either", Encoding.UTF8.GetString(Convert.FromBase64String((string)json["unreadableMeta"]!)));
        Assert.Null(json["data"]);
    }

    [Fact]
    public void Leaves_out_what_there_is_not() =>
        Assert.False(JsonNode.Parse(EventsShow.LineOf(Event("{}", "")))!.AsObject().ContainsKey("meta"));

    private static StoredEvent Event(string data, string meta) => new(
        Guid.Empty, new StreamId(new Bucket(7), "test", "1"), 3, 12, "tests.happened.v1", Encoding.UTF8.GetBytes(data),
        DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(meta));
}
