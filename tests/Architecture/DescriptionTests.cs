using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Host.Operations.Description;

namespace Monolith.Architecture.Tests;

/// <summary>What the description of the API says of every endpoint, compared with the code behind it.</summary>
public sealed class DescriptionTests(App app) : IClassFixture<App>
{
    // Pages and their assets are for browsers.
    private static readonly string[] _served = ["v1", "m", "health", "metrics"];

    [Fact]
    public async Task Every_route_is_described()
    {
        var paths = (await ReadAsync())["paths"]!.AsObject();

        Assert.All(Served(), route =>
        {
            Assert.True(paths.ContainsKey(route.Path), $"{route.Path} is not described.");
            Assert.All(route.Methods.Where(method => method != "HEAD"), method => Assert.True( // HEAD is what GET says
                paths[route.Path]![method.ToLowerInvariant()] is not null, $"{method} {route.Path} is not described."));
        });
    }

    [Fact]
    public void Every_error_that_an_endpoint_can_return_is_declared() => Assert.All(Handled(), e =>
    {
        var missing = ReachableErrors.Of(e.Code).Except(e.Methods.SelectMany(m => e.Refusals(m)), StringComparer.Ordinal);

        Assert.True(!missing.Any(), $"{e.Path} can refuse with {string.Join(", ", missing)}: name it in .Refuses(…).");
    });

    [Fact]
    public void No_endpoint_declares_an_error_that_it_cannot_return() => Assert.All(Handled(), e =>
    {
        var unreached = EndpointRefusals.CodesDeclaredBy(e.Metadata).Except(ReachableErrors.Of(e.Code), StringComparer.Ordinal);

        Assert.True(!unreached.Any(), $"{e.Path} never refuses with {string.Join(", ", unreached)}.");
    });

    [Fact]
    public async Task Every_operation_has_a_name_of_its_own()
    {
        var names = (await OperationsAsync()).Select(o => (string?)o["operationId"]).ToList();

        Assert.All(names, name => Assert.Matches("^([A-Z][a-z]+)+$", name));
        Assert.Distinct(names);
    }

    [Fact]
    public async Task Who_is_refused_without_a_version_is_asked_for_it() =>
        Assert.All((await OperationsAsync()).Where(o => o["responses"]!["428"] is not null), operation => Assert.Contains(
            operation["parameters"]!.AsArray(), p => (string?)p!["name"] == "If-Match" && (bool?)p["required"] == true));

    [Fact]
    public async Task Every_schema_says_what_it_is()
    {
        var schemas = (await ReadAsync())["components"]!["schemas"]!.AsObject();

        Assert.All(schemas, schema => Assert.False(
            string.IsNullOrEmpty((string?)schema.Value!["description"]), $"{schema.Key} needs a documentation comment."));
    }

    // A client generator invents a name for what has none.
    [Fact]
    public async Task Every_object_within_a_schema_has_a_schema_of_its_own()
    {
        var schemas = (await ReadAsync())["components"]!["schemas"]!.AsObject();

        Assert.All(schemas, schema => Assert.DoesNotContain(Within(schema.Value!), inner => inner["properties"] is not null));
    }

    [Fact]
    public async Task Every_parameter_of_a_query_says_what_it_is() => Assert.All(
        (await OperationsAsync()).SelectMany(o => o["parameters"]?.AsArray() ?? []).Where(p => (string?)p!["in"] == "query"),
        parameter => Assert.False(string.IsNullOrEmpty((string?)parameter!["description"]), $"{parameter["name"]} needs a description."));

    [Fact]
    public async Task Tells_the_version_of_the_product_and_where_it_is()
    {
        var document = await ReadAsync();

        // set by the build
        Assert.Equal(typeof(Monolith.Host.Catalog).Assembly.GetName().Version!.ToString(3), (string?)document["info"]!["version"]);
        Assert.DoesNotMatch("/$", (string?)document["servers"]![0]!["url"]);
    }

    [Fact]
    public async Task Is_the_one_that_the_clients_were_generated_from()
    {
        var document = await ReadAsync();
        document.Remove("servers");

        var generatedFrom = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "clients", "openapi.json"));

        Assert.True(
            JsonNode.DeepEquals(document, JsonNode.Parse(generatedFrom)), "The API has changed: run eng/clients, and commit clients/.");
    }

    private static IEnumerable<JsonObject> Within(JsonNode schema) => schema switch
    {
        JsonObject some => some.SelectMany(p => p.Value is { } value ? Inner(value) : []),
        JsonArray some => some.SelectMany(value => Inner(value!)), // no schema holds null
        _ => [],
    };

    private static IEnumerable<JsonObject> Inner(JsonNode value) =>
        value is JsonObject some ? Within(some).Prepend(some) : Within(value);

    private async Task<JsonObject> ReadAsync()
    {
        using var http = app.CreateClient();
        return JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json"))!.AsObject(); // a document is never the literal null
    }

    private async Task<IReadOnlyList<JsonObject>> OperationsAsync() =>
        [.. (await ReadAsync())["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Select(o => o.Value!.AsObject())];

    private IEnumerable<Route> Served() => app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Select(e => new Route(e, app.Services.GetRequiredService<EndpointRefusals>()))
        .Where(r => _served.Contains(r.Path.Split('/')[1]));

    private IEnumerable<Route> Handled() => Served().Where(r => r.Metadata.OfType<MethodInfo>().Any());

    private sealed record Route(RouteEndpoint Endpoint, EndpointRefusals All)
    {
        // "/v1/jobs/{id:guid}/" is "/v1/jobs/{id}" in the description.
        public string Path => "/" + Regex.Replace(Endpoint.RoutePattern.RawText ?? "", "{([^:}]+)[^}]*}", "{$1}").Trim('/');

        public IReadOnlyList<object> Metadata => [.. Endpoint.Metadata];

        public IReadOnlyList<string> Methods => Endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];

        public MethodInfo Code => Metadata.OfType<MethodInfo>().First();

        public IEnumerable<string> Refusals(string method) => All.Of(method, Path, Metadata).Select(e => e.Code);
    }
}
