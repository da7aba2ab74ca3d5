using System.Buffers.Binary;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Monolith.Kernel.Http;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Telemetry;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Caching;

/// <summary>The copy that may answer one request.</summary>
/// <param name="key">What it is kept under.</param>
/// <param name="stream">The name of the stream that it shows: its tag.</param>
/// <param name="begun">Where the log was when the request came: what is made now shows all of it.</param>
/// <param name="demanded">The position that the reader's token demands.</param>
internal sealed class CachedResponse(string key, string stream, LogPosition begun, LogPosition demanded)
{
    public string Key => key;

    public string Stream => stream;

    public LogPosition Begun => begun;

    public LogPosition Demanded => demanded;

    /// <summary>
    /// The answer as output caching wrote it down; empty when it is known that there is nothing, null when it must be made.
    /// </summary>
    public byte[]? Found { get; set; }

    /// <summary>An answer whose time is over, for when no other can be made.</summary>
    public Kept? Stale { get; set; }

    /// <summary>The flight that this request leads.</summary>
    public Flight? Leads { get; set; }
}

/// <param name="Answer">As in <see cref="CachedResponse.Found"/>.</param>
/// <param name="Position">Where the log was when it was begun to be made.</param>
/// <param name="FreshUntil">When it should be made again, UTC.</param>
internal sealed record Kept(byte[] Answer, LogPosition Position, DateTimeOffset FreshUntil);

/// <summary>
/// Finds and keeps the copies of answers about streams: for each copy one request looks, and makes it if need be, while the others wait for
/// that one.
/// </summary>
/// <remarks>
/// A copy carries the position at which it was begun. One that is older than the reader's token is a miss, and one that was overtaken by a
/// commit is not kept. An answer stays a while after its time, and is given when the source is unavailable.
/// </remarks>
internal sealed class ResponseCache(ICache cache, SingleFlight flights, TimeProvider clock)
{
    // A net under the eviction by events: what a lost eviction could leave behind does not live longer than this.
    private static readonly TimeSpan _fresh = TimeSpan.FromMinutes(5);

    // That there is nothing: long enough to protect the store from a client that asks in a loop.
    private static readonly TimeSpan _absent = TimeSpan.FromSeconds(30);

    // How long after its time an answer is given when the source is unavailable.
    private static readonly TimeSpan _stale = TimeSpan.FromMinutes(10);

    // How long a request waits for another one: what takes longer may hang.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    // How many flights a request waits for that bring nothing, before it goes on its own.
    private const int MaxFlights = 3;

    private const int HeaderLength = sizeof(long);

    /// <summary>Looks for a copy, in the cache or on its way. Without one, the request makes it.</summary>
    public async ValueTask FindAsync(CachedResponse copy, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxFlights && copy.Found is null; i++)
        {
            var flight = flights.Join(copy, out var leads);
            if (leads)
            {
                copy.Leads = flight;
                await LookAsync(copy, cancellationToken);
                return;
            }

            Kept? landed;
            try
            {
                landed = await flight.Landed.WaitAsync(_patience, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                return;
            }

            if (landed is not null && landed.Position.Reaches(copy.Demanded))
            {
                Meters.SharedAnswers.Add(1);
                copy.Found = landed.Answer;
            }
        }
    }

    /// <summary>Keeps what the request made, and gives it to those who wait.</summary>
    /// <param name="copy">Which one.</param>
    /// <param name="answer">As output caching writes it down; empty when there is nothing.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask KeepAsync(CachedResponse copy, byte[] answer, CancellationToken cancellationToken)
    {
        var fresh = (answer.Length > 0 ? _fresh : _absent) * (0.9 + (Random.Shared.NextDouble() * 0.2));
        var kept = new Kept(answer, copy.Begun, clock.GetUtcNow() + fresh);
        var value = new byte[HeaderLength + answer.Length];
        BinaryPrimitives.WriteInt64LittleEndian(value, kept.FreshUntil.ToUnixTimeMilliseconds());
        answer.CopyTo(value, HeaderLength);
        try
        {
            await cache.SetAsync(
                copy.Key, new CacheEntry(value, copy.Begun, [copy.Stream]), answer.Length > 0 ? fresh + _stale : fresh, cancellationToken);
        }
        finally
        {
            Land(copy, kept);
        }
    }

    /// <summary>Answers with what is past its time, if there is something.</summary>
    public bool FallBack(CachedResponse copy, HttpResponse response)
    {
        if (copy.Stale is not { } stale)
        {
            return false;
        }

        Meters.StaleAnswers.Add(1);
        copy.Found = stale.Answer;
        response.Headers["Cache-Status"] = string.Create( // RFC 9211
            CultureInfo.InvariantCulture,
            $"monolith; hit; ttl={(long)Math.Min(-1, (stale.FreshUntil - clock.GetUtcNow()).TotalSeconds)}; detail=source-away");
        Land(copy, stale);
        return true;
    }

    /// <summary>Lets those go on who wait for this request, with what it brings or without.</summary>
    public void Land(CachedResponse copy, Kept? kept)
    {
        if (copy.Leads is { } flight)
        {
            copy.Leads = null;
            flights.Land(copy, flight, kept);
        }
    }

    private async ValueTask LookAsync(CachedResponse copy, CancellationToken cancellationToken)
    {
        if (await cache.GetAsync(copy.Key, cancellationToken) is not { } entry || !entry.Position.Reaches(copy.Demanded))
        {
            return;
        }

        var freshUntil = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(entry.Value));
        var kept = new Kept(entry.Value[HeaderLength..], entry.Position, freshUntil);
        if (clock.GetUtcNow() < freshUntil)
        {
            copy.Found = kept.Answer;
            Land(copy, kept);
        }
        else
        {
            copy.Stale = kept;
        }
    }
}

/// <summary>Gives each request to an endpoint with cached answers its copy, before output caching sees it.</summary>
internal sealed class ResponseCacheMiddleware(RequestDelegate next, ResponseCache copies)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<StreamCachePolicy>()?.CopyFor(http) is not { } copy)
        {
            await next(http);
            return;
        }

        http.Features.Set(copy);
        try
        {
            await copies.FindAsync(copy, http.RequestAborted);
            await AnswerAsync(http, copy);
        }
        finally
        {
            copies.Land(copy, null);
        }
    }

    private async Task AnswerAsync(HttpContext http, CachedResponse copy)
    {
        if (copy.Found is { Length: 0 })
        {
            await PlatformErrors.NotFound.ToProblem().ExecuteAsync(http);
            return;
        }

        try
        {
            await next(http);
        }
        catch (StoreUnavailableException) when (!http.Response.HasStarted && copies.FallBack(copy, http.Response))
        {
            await next(http);
        }

        if (copy.Found is null && http.Response.StatusCode == StatusCodes.Status404NotFound)
        {
            await copies.KeepAsync(copy, [], http.RequestAborted);
        }
    }
}
