using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Monolith.Kernel.Events;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Keeps answers of ASP.NET Core output caching in the cache port.</summary>
/// <remarks>
/// A copy carries the position at which it was begun. One that is older than the reader's token is a miss, and one that was overtaken by a commit
/// is not kept. Copies are kept under a key of our own: the middleware lets requests of one key share lookups and answers, those that were begun
/// before a commit with those that come after it, so its keys are different for each request.
/// </remarks>
internal sealed class OutputCacheStore(ICache cache, IHttpContextAccessor http) : IOutputCacheStore
{
    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        return Start is { } start && await cache.GetAsync(start.Key, cancellationToken) is { } entry && entry.Position.Reaches(start.Demanded) ? entry.Value : null;
    }

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken) =>
        Start is { } start ? cache.SetAsync(start.Key, new CacheEntry(value, start.Position, tags ?? []), validFor, cancellationToken) : default;

    // Without a position nobody could tell which copies are older; commits evict through the cache port, with theirs.
    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Copies are evicted by commits to the streams that they show.");

    private CopyStart? Start => http.HttpContext?.Features.Get<CopyStart>();
}

/// <param name="Key">What the copy is kept under.</param>
/// <param name="Position">Where the log was when the copy was begun.</param>
/// <param name="Demanded">The position that the reader's token demands.</param>
internal sealed record CopyStart(string Key, LogPosition Position, LogPosition Demanded);

/// <summary>Caches the answer to a GET about one stream, for each caller apart, until the stream changes.</summary>
internal sealed class StreamCachePolicy(string category) : IOutputCachePolicy
{
    // A net under the eviction by events: what a lost eviction could leave behind does not live longer than this.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    // What the cache port takes.
    private const int MaxKeyLength = 512;

    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var http = context.HttpContext;
        var caller = http.User.FindFirst(Caller.User)?.Value;

        // What is shown may hold addresses at the edge: they must not be given out after it was lost.
        var edge = http.RequestServices.GetRequiredService<IEdge>().UrlFor("/");
        var key = $"http:{http.Request.Method} {http.Request.Path}{http.Request.QueryString} for {caller} at {edge}";
        if (key.Length > MaxKeyLength || !Guid.TryParse(http.GetRouteValue("id") as string, out var id))
        {
            return default;
        }

        var shard = http.RequestServices.GetRequiredService<Shards>().Of(Bucket.Of(id));
        var token = http.Features.Get<ConsistencyToken>() ?? ConsistencyToken.None;
        http.Features.Set(new CopyStart(
            key, new LogPosition(shard.Index, shard.LastPosition), new LogPosition(shard.Index, token.PositionIn(shard.Index))));
        context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = true;
        context.AllowLocking = false;
        context.CacheVaryByRules.CacheKeyPrefix = http.TraceIdentifier;
        context.ResponseExpirationTimeSpan = Lifetime * (0.9 + (Random.Shared.NextDouble() * 0.2));
        context.Tags.Add(new StreamId(Bucket.Of(id), category, id.ToString()).Name);
        return default;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var response = context.HttpContext.Response;
        context.AllowCacheStorage = response.StatusCode == StatusCodes.Status200OK && StringValues.IsNullOrEmpty(response.Headers.SetCookie);
        return default;
    }
}

/// <summary>Marks endpoints whose answers may be cached.</summary>
public static class StreamCaching
{
    /// <summary>Caches a GET whose route value <c>id</c> names a stream of a category, until an event is committed to that stream.</summary>
    public static RouteHandlerBuilder CacheUntilStreamChanges(this RouteHandlerBuilder endpoint, string category) =>
        endpoint.WithMetadata(new StreamCachePolicy(category));
}
