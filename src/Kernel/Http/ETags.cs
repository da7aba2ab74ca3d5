using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Strong entity tags made from versions, and the conditions that refer to them (RFC 9110 §13).</summary>
public static class ETags
{
    /// <summary>Writes a version as a tag: <c>"7"</c>.</summary>
    public static EntityTagHeaderValue Of(long version) => new($"\"{version.ToString(CultureInfo.InvariantCulture)}\"");

    /// <summary>Tells whether the caller of a read has this version already.</summary>
    public static bool IsKnown(this HttpRequest request, EntityTagHeaderValue tag) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.GetTypedHeaders().IfNoneMatch.Holds(tag);

    /// <summary>
    /// Reads which version a change means. Refuses with <c>precondition-required</c> when it does not say; <c>*</c> means any (null).
    /// </summary>
    public static Result<ExpectedVersion> Expected(this HttpRequest request) =>
        request.Headers.IfMatch.Count == 0 ? PlatformErrors.PreconditionRequired : Read(request);

    /// <summary>Reads which version a change means, when it says so; otherwise it means any.</summary>
    public static Result<ExpectedVersion> ExpectedIfGiven(this HttpRequest request) =>
        request.Headers.IfMatch.Count == 0 ? Meant(request, null) : Read(request);

    /// <summary>Answers with stored JSON as it is, with its version as the tag, or with 304.</summary>
    public static IResult Json(HttpRequest request, byte[] body, long version)
    {
        var tag = Of(version);
        request.HttpContext.Response.GetTypedHeaders().ETag = tag;
        request.HttpContext.Response.Headers.CacheControl = "private, no-cache";
        return request.IsKnown(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(body, "application/json");
    }

    /// <summary>Answers with a value as JSON, with its version as the tag, or with 304.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="value">The answer.</param>
    /// <param name="version">Of the stream that it shows.</param>
    /// <param name="form">
    /// Tells answers of one version apart that are not the same bytes: letters and digits; empty when there is one form only.
    /// </param>
    public static IResult Ok<T>(HttpRequest request, T value, long version, string form = "")
    {
        var tag = form.Length == 0 ? Of(version) : new EntityTagHeaderValue(FormattableString.Invariant($"\"{version}-{form}\""));
        request.HttpContext.Response.GetTypedHeaders().ETag = tag;
        request.HttpContext.Response.Headers.CacheControl = "private, no-cache";
        return request.IsKnown(tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Ok(value);
    }

    // What cannot be read is no version of ours, so it is not the present one.
    private static Result<ExpectedVersion> Read(HttpRequest request) => request.GetTypedHeaders().IfMatch switch
    {
        [var any] when any.Equals(EntityTagHeaderValue.Any) => Meant(request, null),
        [{ IsWeak: false } tag] when long.TryParse(
            tag.Tag.AsSpan()[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var version) =>
            Meant(request, version),
        _ => PlatformErrors.PreconditionFailed,
    };

    private static ExpectedVersion Meant(HttpRequest request, long? version) =>
        request.Headers.IfNoneMatch.Count == 0
            ? new(version)
            : new(version) { Excluded = [.. request.GetTypedHeaders().IfNoneMatch] };

    internal static bool Holds(this IEnumerable<EntityTagHeaderValue> tags, EntityTagHeaderValue tag) =>
        tags.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false));
}

/// <param name="Version">The version that an update means; null for any.</param>
public readonly record struct ExpectedVersion(long? Version)
{
    /// <summary>The versions that it must not be: <c>If-None-Match</c> of a request that changes something.</summary>
    internal IReadOnlyList<EntityTagHeaderValue> Excluded { get => field ?? []; init; }

    /// <summary>Tells whether a version is the one that is meant.</summary>
    public bool Allows(long version) => (Version is null || Version == version) && !Excluded.Holds(ETags.Of(version));
}
