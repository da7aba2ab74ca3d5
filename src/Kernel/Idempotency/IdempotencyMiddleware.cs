using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Events;
using Monolith.Kernel.Http;
using Monolith.Kernel.Ports.Store;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Idempotency;

/// <summary>Carries out a request with an <c>Idempotency-Key</c> once, and answers it again when it is repeated.</summary>
/// <remarks>
/// That it happens once is for the store to say: the record lies in the same commit as the effect, and only one commit can create it.
/// Everything here decides only how a repetition is answered. Stands outside of the time limits, so that they stay when the client's
/// leaving is ignored.
/// </remarks>
internal sealed partial class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyRecords records, Secrets secrets, Shards shards, StoredJson json, RequestLimits limits,
    TimeProvider clock,
    ILogger<IdempotencyMiddleware> log)
{
    // Spares the work of a repetition that comes too early to this node; what comes to another one fails at its commit.
    private readonly ConcurrentDictionary<string, HttpContext> _underWay = new(StringComparer.Ordinal);
    private readonly Lazy<byte[]> _secret = new(() => secrets.Derive("idempotency"));

    public async Task InvokeAsync(HttpContext http, CommitScope scope)
    {
        var header = http.Request.Headers[MonolithHeaders.IdempotencyKey];
        if (header.Count == 0 || http.GetEndpoint() is not { } endpoint
            || !IdempotencyKey.IsHeededBy(http.Request.Method, endpoint.Metadata)
            || !Guid.TryParse(http.User.FindFirst(Caller.User)?.Value, out var caller))
        {
            await next(http);
        }
        else if (!IdempotencyKey.TryRead(header, out var text))
        {
            var detail = $"{MonolithHeaders.IdempotencyKey} must be 1 to 255 visible ASCII characters.";
            await (PlatformErrors.Malformed with { Detail = detail }).ToProblem().ExecuteAsync(http);
        }
        else
        {
            await OnceAsync(http, scope, caller, new IdempotencyKey(_secret.Value, caller, text));
        }
    }

    private async Task OnceAsync(HttpContext http, CommitScope scope, Guid caller, IdempotencyKey key)
    {
        if (!_underWay.TryAdd(key.Id, http))
        {
            await PlatformErrors.IdempotencyInProgress.ToProblem().ExecuteAsync(http);
            return;
        }

        // Before the client has any of the answer: it may ask again in the moment that it has all of it.
        http.Response.OnStarting(() =>
        {
            End(http, key);
            return Task.CompletedTask;
        });

        var aborted = http.RequestAborted;
        try
        {
            // A client that leaves will ask again: the answer it did not wait for is made all the same.
            http.RequestAborted = CancellationToken.None;
            await OnceAsync(http, scope, key, shards.Of(Bucket.Of(caller)));
        }
        finally
        {
            http.RequestAborted = aborted;
            End(http, key);
        }
    }

    private void End(HttpContext http, IdempotencyKey key) => _underWay.TryRemove(new KeyValuePair<string, HttpContext>(key.Id, http));

    private async Task OnceAsync(HttpContext http, CommitScope scope, IdempotencyKey key, Shard home)
    {
        var (received, client) = (http.Request.Body, http.Response.Body);
        await using var body = new HashedBody(received, key.Hash(http.Request.Method, http.Request.GetEncodedPathAndQuery()));
        if (await TryRepeatAsync(http, scope, key, home, body))
        {
            return;
        }

        var request = new KeyedRequest(key.Id, body.FinishAsync, json, clock);
        scope.Amendment = request;
        await using var answer = new HeldAnswer(client);
        (http.Request.Body, http.Response.Body) = (body, answer);
        ExceptionDispatchInfo? failure = null;
        try
        {
            await next(http);
            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
#pragma warning disable CA1031 // It is thrown on below, unless the request turns out to be done already.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        (http.Request.Body, http.Response.Body) = (received, client);
        if (!request.IsStored)
        {
            // Whatever it says, it may say so because the same request was faster elsewhere, or because it is on disk without our knowing.
            if (answer.IsHeld && await TryRepeatAsync(http, scope, key, home, body))
            {
                return;
            }
        }
        else if (failure is null && answer.IsHeld)
        {
            await StoreAsync(http.Response, scope, request, key, answer.ToArray());
        }

        failure?.Throw();
        await KeyedAnswer.SendAsync(http.Response, answer.IsHeld ? answer.ToArray() : default);
    }

    /// <summary>Answers a request that had its effect before. False when it had not.</summary>
    private async Task<bool> TryRepeatAsync(HttpContext http, CommitScope scope, IdempotencyKey key, Shard home, HashedBody body)
    {
        if (await records.FindAsync(key.Id, home, CancellationToken.None) is not { } record)
        {
            return false;
        }

        KeyedAnswer.Withdraw(http.Response);
        var hash = await body.FinishAsync(CancellationToken.None);
        if (!CryptographicOperations.FixedTimeEquals(record.Request, hash))
        {
            await PlatformErrors.IdempotencyMismatch.ToProblem().ExecuteAsync(http);
        }
        else if (record.Answer is { } box)
        {
            await KeyedAnswer.Read(key.Open(box)).ReplayAsync(http.Response, scope.Demanded);
        }
        else if (record.At + limits.Request > clock.GetUtcNow()) // one that is carried out for longer has died with its process
        {
            await PlatformErrors.IdempotencyInProgress.ToProblem().ExecuteAsync(http);
        }
        else
        {
            var detail = $"{PlatformErrors.IdempotencyAnswerLost.Detail} It changed: {string.Join(", ", record.Changed)}.";
            await (PlatformErrors.IdempotencyAnswerLost with { Detail = detail }).ToProblem().ExecuteAsync(http);
        }

        return true;
    }

    private async Task StoreAsync(HttpResponse response, CommitScope scope, KeyedRequest request, IdempotencyKey key, byte[] body)
    {
        // A fault is no answer to keep, nor is one that the time limit cut short.
        if (response.StatusCode >= StatusCodes.Status500InternalServerError || (body.Length == 0 && response.ContentType is not null))
        {
            return;
        }

        try
        {
            await request.AnswerAsync(
                key.Seal(KeyedAnswer.Of(response, body, ConsistencyTokenMiddleware.TokenOf(scope, shards)).Write()), shards);
        }
        catch (StoreUnavailableException e)
        {
            LogNotStored(e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not store the answer to a request with an idempotency key")]
    private partial void LogNotStored(Exception exception);
}
