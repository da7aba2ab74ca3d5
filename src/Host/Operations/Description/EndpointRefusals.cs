using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.RateLimiting;

namespace Monolith.Host.Operations.Description;

/// <summary>
/// Finds the errors that an endpoint may refuse with: those that it declares, and those that follow from its policy and from what stands
/// before it.
/// </summary>
internal sealed class EndpointRefusals(IEnumerable<IModule> modules)
{
    private readonly Dictionary<string, Error> _known =
        PlatformErrors.All.Concat(modules.SelectMany(m => m.Errors)).ToDictionary(e => e.Code, StringComparer.Ordinal);

    /// <summary>Every error that an endpoint may refuse with, each code once, by status and code.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="route">Pattern of the path.</param>
    /// <param name="metadata">Of the endpoint.</param>
    /// <exception cref="InvalidOperationException">The endpoint declares a code that no module lists.</exception>
    public IReadOnlyList<Error> Of(string method, string route, IReadOnlyList<object> metadata) =>
    [
        .. CodesDeclaredBy(metadata).Select(Find).Concat(Derive(method, route, metadata)).DistinctBy(e => e.Code)
            .OrderBy(e => Refusals.StatusOf(e.Kind)).ThenBy(e => e.Code, StringComparer.Ordinal),
    ];

    /// <summary>The codes that an endpoint declares itself.</summary>
    public static IEnumerable<string> CodesDeclaredBy(IEnumerable<object> metadata) =>
        metadata.OfType<RefusesWith>().SelectMany(m => m.Codes);

    /// <summary>The errors that follow from what an endpoint is.</summary>
    public static IEnumerable<Error> Derive(string method, string route, IReadOnlyList<object> metadata) =>
    [
        PlatformErrors.Malformed, PlatformErrors.Unavailable, PlatformErrors.TimedOut, PlatformErrors.Damaged, PlatformErrors.Internal,
        .. When(route.Contains('{', StringComparison.Ordinal), PlatformErrors.NotFound),
        .. When(!metadata.OfType<DisableRateLimitingAttribute>().Any(), PlatformErrors.Overloaded),
        .. OfPolicy(metadata),
        .. OfMethod(method),
        .. OfBody(metadata),
        .. OfConditions(metadata),
        .. When(
            IdempotencyKey.IsHeededBy(method, metadata),
            PlatformErrors.IdempotencyInProgress, PlatformErrors.IdempotencyAnswerLost, PlatformErrors.IdempotencyMismatch),
    ];

    private static IEnumerable<Error> OfPolicy(IReadOnlyList<object> metadata) =>
    [
        .. When(Policies.NeedCaller(metadata), PlatformErrors.Unauthenticated, PlatformErrors.SessionExpired),
        .. When(Policies.NeedMore(metadata), PlatformErrors.Forbidden),
    ];

    // A read waits for what its token demands. A write meets the guard against other sites, other writers, the erased and a full disk.
    private static Error[] OfMethod(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method)
        ? [PlatformErrors.NotCaughtUp]
        : [PlatformErrors.Csrf, PlatformErrors.VersionConflict, PlatformErrors.Erased, PlatformErrors.DiskLow];

    private static Error[] OfBody(IReadOnlyList<object> metadata) =>
        metadata.OfType<FileBody>().Any() ? [PlatformErrors.TooLarge, PlatformErrors.UnsupportedMedia]
        : metadata.OfType<IAcceptsMetadata>().Any() ? [PlatformErrors.Validation, PlatformErrors.TooLarge, PlatformErrors.UnsupportedMedia]
        : [];

    private static IEnumerable<Error> OfConditions(IReadOnlyList<object> metadata) =>
    [
        .. When(metadata.OfType<TakesVersion>().Any(), PlatformErrors.PreconditionFailed),
        .. When(metadata.OfType<TakesVersion>().Any(m => m.IsRequired), PlatformErrors.PreconditionRequired),
        .. When(metadata.OfType<FileAnswer>().Any(), PlatformErrors.PreconditionFailed, PlatformErrors.RangeNotSatisfiable),
    ];

    private static Error[] When(bool holds, params Error[] errors) => holds ? errors : [];

    private Error Find(string code) =>
        _known.GetValueOrDefault(code)
            ?? throw new InvalidOperationException($"An endpoint declares the error \"{code}\", which no module lists.");
}

/// <summary>Reads from an endpoint what it demands of its caller.</summary>
internal static class Policies
{
    /// <summary>Tells whether a caller must be signed in.</summary>
    public static bool NeedCaller(IReadOnlyList<object> metadata) =>
        metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any();

    /// <summary>Tells whether that is not enough, as for administrators.</summary>
    public static bool NeedMore(IReadOnlyList<object> metadata) =>
        NeedCaller(metadata) && metadata.OfType<IAuthorizeData>().Any(p => p.Policy is not null);
}
