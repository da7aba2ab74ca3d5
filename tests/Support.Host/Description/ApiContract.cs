using System.Net.Http.Headers;
using System.Text.Json;

namespace Monolith.Support;

/// <summary>The description of the API, as the judge of requests and answers.</summary>
/// <remarks>Operations without a name of their own are those of tests: they say nothing of what they answer.</remarks>
internal sealed class ApiContract
{
    private const string Problem = "application/problem+json";
    private const string Plain = "application/octet-stream"; // what a body without a type is (RFC 9110 §8.3)

    // Headers that mean something: an answer that carries one says so in the description.
    private static readonly string[] _speaking =
        ["ETag", "Location", "Retry-After", "WWW-Authenticate", "Monolith-Token", "Age-Of-Data", "Idempotent-Replayed", "Content-Range"];

    private readonly JsonElement _document;
    private readonly SchemaJudge _schemas;

    private ApiContract(JsonElement document) => (_document, _schemas) = (document, new SchemaJudge(document));

    public static ApiContract Read(string json) => new(JsonDocument.Parse(json).RootElement);

    /// <summary>Lists what an exchange does that the description does not say; each with the operation and a pointer.</summary>
    public IReadOnlyList<string> FaultsOf(Exchange exchange)
    {
        if (ApiPaths.Find(_document, exchange.Path) is not { } path)
        {
            return exchange.Type == Problem ? [.. OfProblem(exchange, exchange.Place)] : [];
        }

        var methods = ApiPaths.MethodsOf(path).ToList();
        if (methods.Count == 0)
        {
            return [];
        }

        if (
            methods.FirstOrDefault(
                m => m.NameEquals(exchange.Method.ToLowerInvariant())) is not { Value.ValueKind: JsonValueKind.Object } method)
        {
            return exchange.Status is 405
                ? [.. OfProblem(exchange, exchange.Place)]
                : [$"{exchange.Place}: answers a method that is not described"];
        }

        var place = $"{exchange.Place} ({method.Value.GetProperty("operationId").GetString()})";
        return [.. OfAnswer(exchange, method.Value, place), .. exchange.Status < 400 ? OfRequest(exchange, method.Value, place) : []];
    }

    /// <summary>Tells whether a path is described.</summary>
    public bool Knows(string path) => ApiPaths.Find(_document, path) is not null;

    private IEnumerable<string> OfAnswer(Exchange exchange, JsonElement operation, string place)
    {
        // The server itself refuses a head that is too large, before there is an operation.
        if (exchange is { Status: 414 or 431, Body.Length: 0 })
        {
            yield break;
        }

        if (!operation.GetProperty("responses").TryGetProperty($"{exchange.Status}", out var found))
        {
            yield return $"{place}: the status is not described{(exchange.Type == Problem ? $" (code {CodeOf(exchange)})" : "")}";
            yield break;
        }

        var answer = _schemas.Resolve(found);
        foreach (var fault in OfContent(exchange, answer, place).Concat(OfHeaders(exchange, answer, place)))
        {
            yield return fault;
        }
    }

    private IEnumerable<string> OfContent(Exchange exchange, JsonElement answer, string place)
    {
        if (exchange.Method == "HEAD" || exchange.Status == 304)
        {
            yield break;
        }

        if (!answer.TryGetProperty("content", out var content))
        {
            if (exchange.Body is null or { Length: > 0 })
            {
                yield return $"{place}: an answer without content is described, and there is {exchange.Type}";
            }

            yield break;
        }

        if (!content.TryGetProperty(exchange.Type, out var form))
        {
            yield return $"{place}: content of type \"{exchange.Type}\" is not described";
        }
        else if (exchange.Type == Problem)
        {
            foreach (var fault in OfProblem(exchange, place))
            {
                yield return fault;
            }

            if (!form.GetProperty("examples").TryGetProperty(CodeOf(exchange), out _))
            {
                yield return $"{place}: the error code {CodeOf(exchange)} is not described";
            }
        }
        else if (exchange.Body is { } body && IsJson(exchange.Type))
        {
            foreach (var fault in _schemas.FaultsOf(form.GetProperty("schema"), body))
            {
                yield return $"{place}: {fault}";
            }
        }
    }

    private IEnumerable<string> OfHeaders(Exchange exchange, JsonElement answer, string place)
    {
        var described = answer.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().ToList() : [];
        foreach (var header in described)
        {
            if (exchange.HeaderOf(header.Name) is not { } value)
            {
                // What the balancer or the edge answers by itself has none of ours.
                if (header.Value.TryGetProperty("required", out var required) && required.GetBoolean())
                {
                    yield return $"{place}: the header {header.Name} is missing";
                }
            }
            else if (!_schemas.Accepts(header.Value.GetProperty("schema"), value))
            {
                yield return $"{place}: the header {header.Name} is \"{value}\"";
            }
        }

        foreach (var name
            in _speaking.Where(
                n => exchange.HeaderOf(n) is not null && !described.Any(d => d.Name.Equals(n, StringComparison.OrdinalIgnoreCase))))
        {
            yield return $"{place}: the header {name} is not described";
        }
    }

    private IEnumerable<string> OfRequest(Exchange exchange, JsonElement operation, string place)
    {
        var parameters = operation.TryGetProperty("parameters", out var all) ? all.EnumerateArray().ToList() : [];
        foreach (var parameter in parameters)
        {
            var name = parameter.GetProperty("name").GetString()!; // demanded by OpenAPI
            var value = parameter.GetProperty("in").GetString() switch
            {
                "header" => exchange.RequestHeaderOf(name),
                "query" => exchange.QueryOf(name),
                _ => null,
            };
            var isRequired = parameter.TryGetProperty("required", out var required) && required.GetBoolean();
            if (value is null ? isRequired
                && parameter.GetProperty("in").GetString() != "path" : !_schemas.Accepts(parameter.GetProperty("schema"), value))
            {
                yield return $"{place}: it was accepted with {name} {(value is null ? "missing" : $"= \"{value}\"")}";
            }
        }

        foreach (var name in exchange.QueryNames.Where(q => !parameters.Any(p => p.GetProperty("name").GetString() == q)))
        {
            yield return $"{place}: it was accepted with ?{name}, which is not described";
        }

        foreach (var fault in OfBody(exchange, operation, place))
        {
            yield return fault;
        }
    }

    private IEnumerable<string> OfBody(Exchange exchange, JsonElement operation, string place)
    {
        if (!operation.TryGetProperty("requestBody", out var body))
        {
            if (exchange.RequestBody is { Length: > 0 })
            {
                yield return $"{place}: it was accepted with a body, which is not described";
            }

            yield break;
        }

        var type = exchange.RequestType.Length == 0 ? Plain : exchange.RequestType;
        if (!body.GetProperty("content").TryGetProperty(type, out var form))
        {
            yield return $"{place}: it was accepted with a body of type \"{type}\", which is not described";
        }
        else if (exchange.RequestBody is { } sent && IsJson(type))
        {
            foreach (var fault in _schemas.FaultsOf(form.GetProperty("schema"), sent))
            {
                yield return $"{place}: it was accepted with a body whose {fault}";
            }
        }
    }

    private IEnumerable<string> OfProblem(Exchange exchange, string place) => exchange.Body is { Length: > 0 } body
        ? _schemas.FaultsOf(SchemaJudge.Component(nameof(Problem)), body).Select(fault => $"{place}: {fault}")
        : exchange.Method == "HEAD" ? [] : [$"{place}: the problem document is empty"];

    private static string CodeOf(Exchange exchange)
    {
        using var problem = JsonDocument.Parse(exchange.Body);
        return problem.RootElement.TryGetProperty("code", out var code) ? code.GetString() ?? "" : "";
    }

    private static bool IsJson(string type) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed) && parsed.MediaType is "application/json" or Problem;
}
