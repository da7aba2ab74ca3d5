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
/// <remarks>A copy carries the position at which it was begun. One that is older than the reader's token is a miss, and one that was overtaken by a commit is not kept.</remarks>
internal sealed class OutputCacheStore(ICache cache, IHttpContextAccessor http) : IOutputCacheStore
{
    private const string Prefix = "http:";

    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var entry = await cache.GetAsync(Prefix + key, cancellationToken);
        return entry is not null && entry.Position >= Start?.Demanded ? entry.Value : null;
    }

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken) =>
        Start is { } start ? cache.SetAsync(Prefix + key, new CacheEntry(value, start.Position, tags ?? []), validFor, cancellationToken) : default;

    // Commits evict through the cache port, with their position; nothing else has a reason to.
    public ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) => cache.EvictAsync(tag, long.MaxValue, cancellationToken);

    private CopyStart? Start => http.HttpContext?.Features.Get<CopyStart>();
}

/// <param name="Position">Where the log was when the copy was begun.</param>
/// <param name="Demanded">The position that the reader's token demands.</param>
internal sealed record CopyStart(long Position, long Demanded);

/// <summary>Caches the answer to a GET about one stream, for each caller apart, until the stream changes.</summary>
internal sealed class StreamCachePolicy(string category) : IOutputCachePolicy
{
    // A net under the eviction by events: what a lost eviction could leave behind does not live longer than this.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var http = context.HttpContext;
        if (!Guid.TryParse(http.GetRouteValue("id") as string, out var id))
        {
            return default;
        }

        var shard = http.RequestServices.GetRequiredService<Shards>().Of(Bucket.Of(id));
        var token = http.Features.Get<ConsistencyToken>() ?? ConsistencyToken.None;
        http.Features.Set(new CopyStart(shard.LastPosition, token.PositionIn(shard.Index)));
        context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = true;

        // Whoever waited for the answer to another request would get one that was begun before they asked: older than what they may have seen.
        context.AllowLocking = false;
        context.ResponseExpirationTimeSpan = Lifetime * (0.9 + (Random.Shared.NextDouble() * 0.2));
        context.Tags.Add(new StreamId(Bucket.Of(id), category, id.ToString()).Name);
        context.CacheVaryByRules.VaryByValues["caller"] = http.User.FindFirst(Caller.User)?.Value ?? "";
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
