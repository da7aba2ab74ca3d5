using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Http;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Caching;

/// <summary>
/// Hands ASP.NET Core output caching what <see cref="ResponseCache"/> found for the request, and hands back what it made.
/// </summary>
/// <remarks>
/// Copies are kept under a key of our own: the middleware lets requests of one key share lookups and answers, those that were begun
/// before a commit with those that come after it, so its keys are different for each request.
/// </remarks>
internal sealed class OutputCacheStore(ResponseCache copies, IHttpContextAccessor http) : IOutputCacheStore
{
    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => ValueTask.FromResult(Copy?.Found);

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken) =>
        Copy is { } copy ? copies.KeepAsync(copy, value, cancellationToken) : default;

    // Without a position the older copies cannot be told apart; commits evict through the cache port, with theirs.
    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Copies are evicted by commits to the streams that they show.");

    private CachedResponse? Copy => http.HttpContext?.Features.Get<CachedResponse>();
}

/// <summary>Caches the answer to a GET about one stream, for each caller apart, until the stream changes.</summary>
internal sealed class StreamCachePolicy(string category) : IOutputCachePolicy
{
    // What the cache port takes.
    private const int MaxKeyLength = 512;

    /// <summary>Says which copy answers a request; null when none may.</summary>
    public CachedResponse? CopyFor(HttpContext http)
    {
        var caller = http.User.FindFirst(Caller.User)?.Value;

        // What is shown may hold addresses at the edge: they must not be given out after it was lost.
        var place = http.RequestServices.GetRequiredService<IEdge>().UrlFor("/") is var root and not "/" ? $" at {root}" : "";
        var key = $"http:{http.Request.Method} {http.Request.Path}{http.Request.QueryString} for {caller}{place}";
        if (key.Length > MaxKeyLength || !Guid.TryParse(http.GetRouteValue("id") as string, out var id))
        {
            return null;
        }

        var shard = http.RequestServices.GetRequiredService<Shards>().Of(Bucket.Of(id));
        var demanded = http.RequestServices.GetRequiredService<CommitScope>().Demanded.PositionIn(shard.Log);
        return new CachedResponse(
            key, new StreamId(Bucket.Of(id), category, id.ToString()).Name, shard.Last, new LogPosition(shard.Log, demanded));
    }

    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var isCached = context.HttpContext.Features.Get<CachedResponse>() is not null;
        context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = isCached;
        context.AllowLocking = false;
        context.CacheVaryByRules.CacheKeyPrefix = context.HttpContext.TraceIdentifier;
        return default;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        // The edge may have come or gone since the copy was named: then it is unknown which addresses are in it.
        var isNamedRight = context.HttpContext.Features.Get<CachedResponse>()?.Key == CopyFor(context.HttpContext)?.Key;
        var response = context.HttpContext.Response;
        context.AllowCacheStorage = isNamedRight && response.StatusCode == StatusCodes.Status200OK
            && StringValues.IsNullOrEmpty(response.Headers.SetCookie);
        return default;
    }
}

/// <summary>Marks endpoints whose answers may be cached.</summary>
public static class StreamCaching
{
    /// <summary>
    /// Caches a GET whose route value <c>id</c> names a stream of a category, until an event is committed to that stream.
    /// </summary>
    /// <remarks>
    /// Also that there is nothing: an answer of 404 must be <c>not-found</c>, and true until an event is committed to the stream.
    /// </remarks>
    public static RouteHandlerBuilder CacheUntilStreamChanges(this RouteHandlerBuilder endpoint, string category) =>
        endpoint.WithMetadata(new StreamCachePolicy(category));
}
