using System.Web;

namespace Monolith.Support;

/// <summary>One request and its answer.</summary>
internal sealed record Exchange
{
    public required string Method { get; init; }

    public required Uri Address { get; init; }

    public required int Status { get; init; }

    /// <summary>Media type of the answer, without parameters; empty when there is none.</summary>
    public string Type { get; init; } = "";

    /// <summary>Of the answer; null when it is not JSON and therefore was not read.</summary>
    public byte[]? Body { get; init; }

    public string RequestType { get; init; } = "";

    /// <summary>Null when it is not JSON, or cannot be read again.</summary>
    public byte[]? RequestBody { get; init; }

    public Func<string, string?> HeaderOf { get; init; } = _ => null;

    public Func<string, string?> RequestHeaderOf { get; init; } = _ => null;

    public string Path => Uri.UnescapeDataString(Address.AbsolutePath);

    public string Place => $"{Method} {Path} → {Status}";

    public IEnumerable<string> QueryNames => HttpUtility.ParseQueryString(Address.Query).AllKeys.OfType<string>();

    public string? QueryOf(string name) => HttpUtility.ParseQueryString(Address.Query)[name];

    /// <summary>Reads an exchange. What is JSON is kept, so that it can be read again.</summary>
    public static async Task<Exchange> ReadAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        return new Exchange
        {
            Method = request.Method.Method,
            Address = request.RequestUri!, // made absolute by the client
            Status = (int)response.StatusCode,
            Type = type,
            Body = IsJson(type) || IsEmpty(response) ? await KeepAsync(response.Content, cancellationToken) : null,
            RequestType = request.Content?.Headers.ContentType?.MediaType ?? "",
            // it has a type
            RequestBody = IsJson(request.Content?.Headers.ContentType?.MediaType)
                ? await ReadAgainAsync(request.Content!, cancellationToken)
                : null,
            HeaderOf = name => First(name, response.Headers, response.Content.Headers),
            RequestHeaderOf = name => First(name, request.Headers, request.Content?.Headers),
        };
    }

    private static bool IsJson(string? type) => type is "application/json" or "application/problem+json";

    private static bool IsEmpty(HttpResponseMessage response) => response.Content.Headers.ContentLength is 0
        || response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified;

    private static async Task<byte[]> KeepAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await content.LoadIntoBufferAsync(cancellationToken);
        return await content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static async Task<byte[]?> ReadAgainAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            return await content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            return null; // a stream that was sent already
        }
    }

    private static string? First(string name, params System.Net.Http.Headers.HttpHeaders?[] all) =>
        all.OfType<System.Net.Http.Headers.HttpHeaders>()
        .Select(h => h.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null).FirstOrDefault(v => v is not null);
}
