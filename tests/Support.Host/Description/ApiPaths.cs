using System.Text.Json;

namespace Monolith.Support;

/// <summary>Finds what the description says of a path.</summary>
internal static class ApiPaths
{
    // What stands beside the methods of a path: see the object Path Item of OpenAPI.
    private static readonly string[] _methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    /// <summary>The path item whose template fits, the one with the fewest parameters first; null when there is none.</summary>
    public static JsonElement? Find(JsonElement document, string path) => document.GetProperty("paths").EnumerateObject()
        .Where(p => Fits(p.Name, path))
        .OrderBy(p => p.Name.Count(c => c == '{'))
        .Select(p => (JsonElement?)p.Value)
        .FirstOrDefault();

    /// <summary>The operations of a path item that have a name of their own.</summary>
    public static IEnumerable<JsonProperty> MethodsOf(JsonElement item) =>
        item.EnumerateObject().Where(m => _methods.Contains(m.Name) && m.Value.TryGetProperty("operationId", out _));

    private static bool Fits(string template, string path)
    {
        var (wanted, given) = (template.Trim('/').Split('/'), path.Trim('/').Split('/'));
        return wanted.Length == given.Length
            && wanted.Zip(given).All(
                s => s.First.StartsWith('{') ? s.Second.Length > 0 : s.First.Equals(s.Second, StringComparison.OrdinalIgnoreCase));
    }
}
