using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>One page of a list.</summary>
/// <param name="Items">In the order of the list.</param>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Which page of a list is asked for.</summary>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">Id of the last item of the page before; null for the first page.</param>
public sealed record PageRequest(int Limit, string? After)
{
    /// <summary>How many items a page has unless the caller says otherwise.</summary>
    public const int DefaultLimit = 50;

    /// <summary>How many items a page has at most.</summary>
    public const int MaxLimit = 200;
}

/// <summary>Makes and reads cursors: opaque and signed, so that they cannot point at what a list would not show.</summary>
public sealed class Cursors(Secrets secrets)
{
    private readonly Lazy<byte[]> _key = new(() => secrets.Derive("http.cursors"));

    /// <summary>Reads limit and cursor. Refuses with <c>malformed</c> what is out of range, of another list or not ours.</summary>
    /// <param name="list">Names the list, with whose it is.</param>
    /// <param name="limit">As the caller gave it.</param>
    /// <param name="cursor">As the caller gave it.</param>
    public Result<PageRequest> Read(string list, int? limit, string? cursor)
    {
        if (limit is < 1 or > PageRequest.MaxLimit)
        {
            return PlatformErrors.Malformed with { Detail = $"limit must be from 1 to {PageRequest.MaxLimit}." };
        }

        if (cursor is null)
        {
            return new PageRequest(limit ?? PageRequest.DefaultLimit, null);
        }

        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && Base64Url.IsValid(cursor.AsSpan(0, dot))
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor.AsSpan(0, dot))) is var after
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(cursor), Encoding.ASCII.GetBytes(Write(list, after)))
            ? new PageRequest(limit ?? PageRequest.DefaultLimit, after)
            : PlatformErrors.Malformed with { Detail = "The cursor is not one of this list." };
    }

    /// <summary>Cuts a list that was read with one item more than asked for into a page.</summary>
    public Page<T> PageOf<T>(string list, PageRequest request, IReadOnlyList<T> items, Func<T, string> idOf) => items.Count <= request.Limit
        ? new Page<T>(items, null)
        : new Page<T>([.. items.Take(request.Limit)], Write(list, idOf(items[request.Limit - 1])));

    private string Write(string list, string after)
    {
        var mac = HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes($"{list}\n{after}"));
        return $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(after))}.{Base64Url.EncodeToString(mac.AsSpan(0, 16))}";
    }
}

/// <summary>Refuses a page size that is named and not given: the framework binds it as if it were not named.</summary>
internal sealed class PageSizeGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Request is { QueryString.HasValue: true } request && HttpMethods.IsGet(request.Method)
            && request.Query["limit"] is [null or "", ..]
            ? PlatformErrors.Malformed.ToProblem().ExecuteAsync(context)
            : next(context);
}
