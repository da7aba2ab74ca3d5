
namespace Monolith.Architecture.Tests;

/// <summary>What a module promises over HTTP, taken from the OpenAPI document of the running host and put into readable lines.</summary>
public sealed class HttpSnapshots(App app) : IClassFixture<App>
{
    public static TheoryData<string> Modules => Solution.ModuleNames;

    [Theory]
    [MemberData(nameof(Modules))]
    public async Task Http(string module)
    {
        var document = await ReadAsync();

        Snapshot.Match(TextOf(document, Tag(module)), $"{module}.http");
    }

    [Fact]
    public async Task Http_of_the_process()
    {
        var document = await ReadAsync();

        Snapshot.Match(TextOf(document, EndpointForm.OperationsTag), "operations.http");
    }

    [Fact]
    public async Task Http_of_the_reports()
    {
        var document = await ReadAsync();

        Snapshot.Match(TextOf(document, EndpointForm.ReportsTag), "reports.http");
    }

    [Fact]
    public async Task Every_operation_belongs_to_a_module_to_the_reports_or_to_the_operation_of_the_process()
    {
        var tags = Solution.ModuleNames.Select(m => Tag(m.Data)).Append(EndpointForm.OperationsTag).Append(EndpointForm.ReportsTag)
            .ToList();

        Assert.All(Operations(await ReadAsync()), o => Assert.True(
            TagsOf(o.Operation).Intersect(tags).Any(), $"{o.Method} {o.Path} needs the tag of its module, or ExcludeFromDescription()."));
    }

    private static string TextOf(JsonObject document, string tag)
    {
        var operations = Operations(document).Where(o => TagsOf(o.Operation).Contains(tag)).ToList();
        var types = operations.SelectMany(o => TypesIn(document, o.Operation)).Distinct().Order(StringComparer.Ordinal);
        return string.Join(
            '\n',
            operations.Select(o => Text(document, o.Path, o.Method, o.Operation)).Concat(types.Select(t => $"{t} {Shape(document, t)}")));
    }

    private async Task<JsonObject> ReadAsync()
    {
        using var http = app.CreateClient();
        return JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json"))!.AsObject(); // A document is never the literal null.
    }

    private static IEnumerable<(string Path, string Method, JsonObject Operation)> Operations(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        orderby path.Key
        from operation in path.Value!.AsObject()
        select (path.Key, operation.Key.ToUpperInvariant(), operation.Value!.AsObject());

    private static string Text(JsonObject document, string path, string method, JsonObject operation)
    {
        var parameters = operation["parameters"]?.AsArray().Select(
            p => $"{p!["in"]} {p["name"]}{((bool?)p["required"] == true ? "" : "?")}") ?? [];
        var body = operation["requestBody"]?["content"]?.AsObject().Select(c => $"{c.Key} {NameOf(c.Value!["schema"])}") ?? [];
        var asks = parameters.Concat(body).ToList();
        var answers = operation["responses"]!.AsObject().Select(r => $"  {r.Key} {ContentOf(Resolve(document, r.Value!))}".TrimEnd());
        return string.Join('\n', asks.Select(a => $"  takes {a}").Prepend($"{method} {path} {operation["operationId"]}").Concat(answers));
    }

    // A refusal is told by its codes: its form is always the same.
    private static string ContentOf(JsonNode answer) =>
        string.Join(", ", answer["content"]?.AsObject().Select(c => c.Value!["examples"] is JsonObject codes
        ? string.Join(" ", codes.Select(e => e.Key))
        : $"{c.Key} {NameOf(c.Value["schema"])}") ?? []);

    private static JsonNode Resolve(JsonObject document, JsonNode node) => (string?)node["$ref"] is { } reference
        ? reference.Split('/').Skip(1).Aggregate((JsonNode)document, (at, step) => at[step]!) // a reference leads somewhere
        : node;

    private static IEnumerable<string> TypesIn(JsonObject document, JsonNode? node, params IEnumerable<string> known) => node switch
    {
        JsonObject o when (string?)o["$ref"] is { } reference && !reference.Contains("/schemas/", StringComparison.Ordinal) =>
            reference.Contains("/responses/", StringComparison.Ordinal)
            ? TypesIn(document, Resolve(document, o), known)
            : [],
        JsonObject o when (string?)o["$ref"] is { } reference && reference.Split('/')[^1] is var name => known.Contains(name)
            ? []
            : TypesIn(document, document["components"]!["schemas"]![name], known.Append(name)).Append(name),
        JsonObject o => o.SelectMany(p => TypesIn(document, p.Value, known)),
        JsonArray a => a.SelectMany(n => TypesIn(document, n, known)),
        _ => [],
    };

    private static string Shape(JsonObject document, string type)
    {
        var schema = document["components"]!["schemas"]![type]!;
        var required = schema["required"]?.AsArray().Select(r => (string?)r).ToHashSet() ?? [];
        return schema["properties"] is JsonObject properties
            ? string.Join(", ", properties.Select(p => $"{p.Key}{(required.Contains(p.Key) ? "" : "?")}: {NameOf(p.Value)}"))
            : NameOf(schema);
    }

    private static string NameOf(JsonNode? schema) => schema switch
    {
        null => "anything",
        _ when (string?)schema["$ref"] is { } reference => reference.Split('/')[^1],
        _ when schema["oneOf"] is JsonArray any => string.Join(" or ", any.Select(NameOf)),
        _ when schema["enum"] is JsonArray words => string.Join(" | ", words.Select(w => w?.ToString() ?? "null")),
        _ when schema["items"] is { } items => $"list of {NameOf(items)}",
        _ when schema["type"] is JsonArray types => string.Join(" or ", types.Select(t => (string?)t)),
        _ => $"{schema["type"] ?? "anything"}{(schema["format"] is { } format ? $" ({format})" : "")}",
    };

    private static IEnumerable<string> TagsOf(JsonObject operation) => operation["tags"]?.AsArray().Select(t => (string)t!) ?? [];

    private static string Tag(string module) => Solution.AssemblyOf(module).GetName().Name!.Split('.')[^1];
}
