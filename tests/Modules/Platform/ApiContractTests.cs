using System.Text;

namespace Monolith.Modules.Tests;

/// <summary>What the guard of the description sees.</summary>
[Trait("host", "none")]
public sealed class ApiContractTests
{
    private const string Description = """
        {
          "paths": {
            "/v1/things/{id}": {
              "get": {
                "operationId": "GetThing",
                "parameters": [
                  { "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } },
                  { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 200 } }
                ],
                "responses": {
                  "200": {
                    "headers": { "ETag": { "required": true, "schema": { "type": "string" } } },
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } }
                  },
                  "404": { "$ref": "#/components/responses/404" }
                }
              },
              "put": {
                "operationId": "PutThing",
                "parameters": [{ "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
                "responses": { "204": { "headers": { "Retry-After": { "schema": { "type": "integer", "minimum": 1 } } } } }
              }
            },
            "/v1/tests": { "get": { "responses": { "200": {} } } }
          },
          "components": {
            "responses": {
              "404": {
                "content": {
                  "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "examples": { "not-found": {} } }
                }
              }
            },
            "schemas": {
              "Kind": { "type": "string", "enum": ["small", "large"] },
              "Thing": {
                "type": "object",
                "required": ["kind", "at"],
                "properties": { "kind": { "$ref": "#/components/schemas/Kind" },
                  "at": { "type": "string", "format": "date-time" }, "size": { "type": "integer" } }
              },
              "Problem": { "type": "object", "required": ["code"], "properties": { "code": { "type": "string" } } }
            }
          }
        }
        """;

    private const string Right = """{"kind":"small","at":"2026-11-26T06:00:00Z","size":3}""";

    private static readonly ApiContract _contract = ApiContract.Read(Description);

    [Theory]
    [InlineData(Right, null)]
    [InlineData("""{"kind":"small"}""", "at")]
    [InlineData("""{"kind":"middling","at":"2026-11-26T06:00:00Z"}""", "#/kind")]
    [InlineData("""{"kind":"small","at":"yesterday"}""", "#/at")]
    [InlineData("""{"kind":"small","at":"2026-11-26T06:00:00Z","size":"3"}""", "#/size")]
    [InlineData("""{"kind":"small","at":"2026-11-26T06:00:00Z","colour":"red"}""", "#/colour")]
    [InlineData("""{"kind":""", "no JSON")]
    public void Judges_the_body_of_an_answer(string body, string? fault) => Expect(Get(200, body), fault);

    [Fact]
    public void Judges_the_status_the_type_and_the_headers_of_an_answer()
    {
        Expect(Get(202, Right), "the status is not described");
        Expect(Get(200, Right) with { Type = "text/html" }, "text/html");
        Expect(Get(200, Right) with { HeaderOf = _ => null }, "the header ETag is missing");
        Expect(
            Get(200, Right) with { HeaderOf = name => name is "ETag" or "Location" ? "\"1\"" : null },
            "the header Location is not described");
        Expect(Put() with { HeaderOf = name => name == "Retry-After" ? "0" : null }, "Retry-After is \"0\"");
        Expect(Put() with { Type = "application/json", Body = "{}"u8.ToArray() }, "an answer without content is described");
        Expect(Get(200, Right) with { Method = "DELETE" }, "a method that is not described");
    }

    [Fact]
    public void Judges_the_code_of_a_refusal()
    {
        var refused = Get(404, """{"code":"not-found"}""") with { Type = "application/problem+json", HeaderOf = _ => null };

        Expect(refused, null);
        Expect(refused with { Body = """{"code":"gone-fishing"}"""u8.ToArray() }, "the error code gone-fishing is not described");
        Expect(refused with { Status = 409 }, "(code not-found)");
        Expect(refused with { Address = new Uri("http://x/nowhere"), Body = "{}"u8.ToArray() }, "code");
    }

    [Fact]
    public void Judges_a_request_that_was_accepted()
    {
        Expect(Put(), null);
        Expect(Put() with { RequestBody = """{"kind":"small"}"""u8.ToArray() }, "at");
        Expect(Put() with { RequestType = "text/plain" }, "text/plain");
        Expect(Put() with { RequestHeaderOf = _ => null }, "If-Match missing");
        Expect(Get(200, Right) with { Address = new Uri("http://x/v1/things/1?limit=201") }, "limit = \"201\"");
        Expect(Get(200, Right) with { Address = new Uri("http://x/v1/things/1?colour=red") }, "?colour");
        Expect(Get(200, Right) with { RequestBody = "{}"u8.ToArray() }, "a body, which is not described");
    }

    [Fact]
    public void Leaves_alone_what_has_no_name() => Expect(Get(418, "") with { Address = new Uri("http://x/v1/tests") }, null);

    private static void Expect(Exchange exchange, string? fault)
    {
        var faults = _contract.FaultsOf(exchange);
        if (fault is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(
                faults, f => f.Contains(fault, StringComparison.Ordinal) && f.StartsWith(exchange.Place, StringComparison.Ordinal));
        }
    }

    private static Exchange Get(int status, string body) => new()
    {
        Method = "GET",
        Address = new Uri("http://x/v1/things/01a215fd-0000-7000-8000-000000000000"),
        Status = status,
        Type = "application/json",
        Body = Encoding.UTF8.GetBytes(body),
        HeaderOf = name => name == "ETag" ? "\"1\"" : null,
    };

    private static Exchange Put() => new()
    {
        Method = "PUT",
        Address = new Uri("http://x/v1/things/01a215fd-0000-7000-8000-000000000000"),
        Status = 204,
        Body = [],
        RequestType = "application/json",
        RequestBody = Encoding.UTF8.GetBytes(Right),
        RequestHeaderOf = name => name == "If-Match" ? "\"1\"" : null,
    };
}
