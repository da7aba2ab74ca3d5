using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Reads the token of a request, lets a read wait until it is met, and puts a token on the answer to a write.</summary>
/// <remarks>
/// Before anything looks into a cache: which copies are new enough depends on the token, and on the map that knows the shards it names.
/// </remarks>
internal sealed class ConsistencyTokenMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context, CommitScope scope, TokenWait wait)
    {
        // A header that comes several times is one list.
        var text = context.Request.Headers[MonolithHeaders.Token];
        if (text.Count > 0)
        {
            if (!ConsistencyToken.TryParse(string.Join(',', text.AsEnumerable()), out var token))
            {
                await (PlatformErrors.Malformed with { Detail = $"{MonolithHeaders.Token} is not a token of ours." }).ToProblem()
                    .ExecuteAsync(context);
                return;
            }

            // A write decides by what the store says, which nothing is newer than.
            var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
            if (isRead)
            {
                token = await wait.ResolveAsync(token, context.RequestAborted);
                if (!await wait.ForLogsAsync(token, context.RequestAborted))
                {
                    await PlatformErrors.NotCaughtUp.ToProblem().ExecuteAsync(context);
                    return;
                }
            }

            scope.Demanded = token;
        }

        context.Response.OnStarting(static state => AnswerAsync((HttpContext)state), context);
        await next(context);
    }

    /// <summary>Tells what is known after a request: what it wrote, and what it knew before; empty when it wrote nothing.</summary>
    public static string TokenOf(CommitScope scope, Shards shards) => scope.Written.Count == 0
        ? ""
        : new ConsistencyToken(scope.Written, Math.Max(scope.Epoch, shards.Epoch)).Join(scope.Demanded).ToString();

    private static Task AnswerAsync(HttpContext http)
    {
        var scope = http.RequestServices.GetRequiredService<CommitScope>();
        if (TokenOf(scope, http.RequestServices.GetRequiredService<Shards>()) is { Length: > 0 } token)
        {
            http.Response.Headers[MonolithHeaders.Token] = token;
        }

        if (scope.AgeOfData is { } age)
        {
            http.Response.Headers[MonolithHeaders.AgeOfData] = Math.Ceiling(age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return Task.CompletedTask;
    }
}
