using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Http;

/// <summary>Says which answers shared caches may keep, and keeps all others out of them.</summary>
/// <remarks>
/// What is shared is said once, by the endpoint; the headers are written at the last moment, from what the answer has become. An answer
/// that was not declared shared, one that failed and one that carries a cookie are kept by no cache but the reader's own, whatever was said
/// before.
/// </remarks>
public static class SharedCopies
{
    // A year: what is shared has an address that changes with its content.
    private const string ForReaders = "public, max-age=31536000";

    private const string KeyHeader = "Surrogate-Key";

    /// <summary>
    /// Lets every cache keep this answer if it is a success, and lets the edge forget it by any of these keys. The address must change with
    /// the content.
    /// </summary>
    /// <param name="response">The answer to a GET or HEAD that is the same for every reader.</param>
    /// <param name="keys">One at least, the most general last: it names the class in metrics. See <see cref="SurrogateKey"/>.</param>
    /// <exception cref="ArgumentException">There is no key, or one that is none.</exception>
    public static void Share(this HttpResponse response, params IReadOnlyList<string> keys)
    {
        ArgumentOutOfRangeException.ThrowIfZero(keys.Count);
        response.HttpContext.Features.Set(new Shared([.. keys.Select(SurrogateKey.Check)]));
    }

    /// <summary>Writes what caches may do with the answer, right before it starts.</summary>
    internal static void Seal(HttpResponse response)
    {
        var headers = response.Headers;
        var terms = response.HttpContext.RequestServices.GetRequiredService<IEdge>().Terms;
        headers.Remove(KeyHeader);
        headers.Remove(terms.TagHeader);
        if (response.HttpContext.Features.Get<Shared>() is { } shared && IsSuccess(response) && headers.SetCookie.Count == 0)
        {
            headers.CacheControl = string.Create(
                CultureInfo.InvariantCulture,
                $"{ForReaders}, s-maxage={(long)terms.Fresh.TotalSeconds}, "
                    + $"stale-while-revalidate={(long)terms.StaleWhileRevalidating.TotalSeconds}, "
                    + $"stale-if-error={(long)terms.StaleIfError.TotalSeconds}, immutable");
            headers[KeyHeader] = string.Join(' ', shared.Keys);
            headers[terms.TagHeader] = string.Join(',', shared.Keys);
            Count(response, shared.Keys[^1]);
        }
        else if (!IsKept(headers.CacheControl.ToString()))
        {
            headers.CacheControl = "no-store";
        }
    }

    private static void Count(HttpResponse response, string kind)
    {
        var hasBody = response.StatusCode != StatusCodes.Status304NotModified && HttpMethods.IsGet(response.HttpContext.Request.Method);
        var tag = new KeyValuePair<string, object?>("class", kind);
        Meters.OriginRequests.Add(1, tag);
        Meters.OriginBytes.Add(hasBody ? response.ContentLength ?? 0 : 0, tag);
    }

    private static bool IsSuccess(HttpResponse response) =>
        response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified
        && (HttpMethods.IsGet(response.HttpContext.Request.Method) || HttpMethods.IsHead(response.HttpContext.Request.Method));

    // Kept out of shared caches by what was said already.
    private static bool IsKept(string said) => !said.Contains("public", StringComparison.OrdinalIgnoreCase)
        && (said.Contains("no-store", StringComparison.OrdinalIgnoreCase) || said.Contains("private", StringComparison.OrdinalIgnoreCase));

    private sealed record Shared(IReadOnlyList<string> Keys);
}
