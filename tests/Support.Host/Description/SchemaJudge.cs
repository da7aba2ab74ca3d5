using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Json.Schema;

namespace Monolith.Support;

/// <summary>
/// Judges JSON by the schemas of a description, more strictly than they are written: a field that is not described is a fault.
/// </summary>
/// <remarks>Clients must bear new fields, so the description itself does not forbid them.</remarks>
internal sealed class SchemaJudge
{
    private static readonly EvaluationOptions _options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    private readonly JsonElement _document;
    private readonly JsonObject _definitions;
    private readonly ConcurrentDictionary<string, JsonSchema> _built = new(StringComparer.Ordinal);

    public SchemaJudge(JsonElement document)
    {
        _document = document;
        _definitions = (JsonObject)Strict(JsonObject.Create(document.GetProperty("components").GetProperty("schemas"))!); // it is an object
    }

    /// <summary>A reference to a schema of the document.</summary>
    public static JsonElement Component(string name) => JsonDocument.Parse($$"""{"$ref":"#/components/schemas/{{name}}"}""").RootElement;

    /// <summary>What a reference refers to; anything else as it is.</summary>
    public JsonElement Resolve(JsonElement element) => element.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/').Skip(1).Aggregate(_document, (at, step) => at.GetProperty(step)) // "#/components/responses/401"
        : element;

    /// <summary>Lists what is wrong, each with a JSON pointer.</summary>
    public IReadOnlyList<string> FaultsOf(JsonElement schema, ReadOnlyMemory<byte> json)
    {
        JsonDocument value;
        try
        {
            value = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            return [$"#: no JSON ({e.Message})"];
        }

        using (value)
        {
            return FaultsOf(schema, value.RootElement);
        }
    }

    /// <summary>Tells whether a text, as it stands in a header or a query, fits.</summary>
    public bool Accepts(JsonElement schema, string text)
    {
        var isNumber = schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            && type.GetString() is "integer" or "number";
        return isNumber && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? FaultsOf(schema, JsonSerializer.SerializeToElement(number)).Count == 0
            : FaultsOf(schema, JsonSerializer.SerializeToElement(text)).Count == 0;
    }

    private IReadOnlyList<string> FaultsOf(JsonElement schema, JsonElement value)
    {
        var result = _built.GetOrAdd(schema.GetRawText(), Build).Evaluate(value, _options);
        return result.IsValid
            ? []
            : [.. (result.Details ?? []).Append(result).Where(d => d.Errors is { Count: > 0 })
                .SelectMany(d => d.Errors!.Select(e => $"#{d.InstanceLocation}: {e.Value}")).Distinct()]; // see Where
    }

    private JsonSchema Build(string text)
    {
        var schema = (JsonObject)Strict(JsonNode.Parse(text)!); // a schema is never the literal null
        schema["$defs"] = _definitions.DeepClone();
        return JsonSchema.FromText(
            schema.ToJsonString(), new BuildOptions { Dialect = Dialect.Draft202012, SchemaRegistry = new SchemaRegistry() });
    }

    private static JsonNode Strict(JsonNode node)
    {
        if (node is JsonObject o)
        {
            foreach (var (name, inner) in o.ToList())
            {
                if (name == "$ref" && inner is JsonValue reference)
                {
                    o[name] = $"{reference}".Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
                }
                else if (inner is not null)
                {
                    Strict(inner);
                }
            }

            if (o["properties"] is JsonObject && !o.ContainsKey("additionalProperties") && o["type"] is not null)
            {
                o["additionalProperties"] = false;
            }
        }
        else if (node is JsonArray a)
        {
            foreach (var inner in a.OfType<JsonNode>())
            {
                Strict(inner);
            }
        }

        return node;
    }
}
