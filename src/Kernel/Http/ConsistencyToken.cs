using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Values;

namespace Monolith.Kernel.Http;

/// <summary>Tells a client how far the log was after its write, and lets it demand reads that are no older.</summary>
public sealed class ConsistencyToken
{
    private readonly Dictionary<int, long> _positions;

    private ConsistencyToken(Dictionary<int, long> positions) => _positions = positions;

    /// <summary>Demands nothing.</summary>
    public static ConsistencyToken None { get; } = new([]);

    /// <summary>The position that reads from a shard must have seen; 0 when there is no demand.</summary>
    public long PositionIn(int shard) => _positions.GetValueOrDefault(shard);

    /// <summary>What is demanded, by shard.</summary>
    internal IReadOnlyDictionary<int, long> Positions => _positions;

    /// <summary>Reads <c>shard:position</c>, several separated by commas.</summary>
    public static bool TryParse(string text, out ConsistencyToken token)
    {
        var positions = new Dictionary<int, long>();
        token = new ConsistencyToken(positions);
        return text.Split(',', StringSplitOptions.TrimEntries).All(part =>
            part.Split(':') is [var shard, var position]
            && int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var s)
            && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            && positions.TryAdd(s, p));
    }

    /// <summary>Writes where the log was after the commits of a scope; empty when it stored nothing.</summary>
    public static string Of(CommitScope scope) =>
        string.Join(',', scope.Written.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Key}:{w.Value}")));
}

/// <summary>Reads the token of a request, lets a read wait until it is met, and puts a token on the answer to a write.</summary>
internal sealed class ConsistencyTokenMiddleware(RequestDelegate next, Shards shards, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers[MonolithHeaders.Token] is [{ } text, ..])
        {
            if (!ConsistencyToken.TryParse(text, out var token) || token.Positions.Keys.Any(shard => shard >= shards.All.Count))
            {
                await (PlatformErrors.Malformed with { Detail = $"{MonolithHeaders.Token} is not a token of ours." }).ToProblem().ExecuteAsync(context);
                return;
            }

            var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
            if (isRead && !await IsMetAsync(token, context.RequestAborted))
            {
                await PlatformErrors.NotCaughtUp.ToProblem().ExecuteAsync(context);
                return;
            }

            context.Features.Set(token);
            context.RequestServices.GetRequiredService<CommitScope>().Demanded = token.Positions;
        }

        context.Response.OnStarting(
            static state =>
            {
                var http = (HttpContext)state;
                var scope = http.RequestServices.GetRequiredService<CommitScope>();
                if (ConsistencyToken.Of(scope) is { Length: > 0 } written)
                {
                    http.Response.Headers[MonolithHeaders.Token] = written;
                }

                if (scope.AgeOfData is { } age)
                {
                    http.Response.Headers[MonolithHeaders.AgeOfData] = Math.Ceiling(age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                }

                return Task.CompletedTask;
            },
            context);
        await next(context);
    }

    // A token of ours is met at once, by the log that it came from. One that is ahead of the log came from a deployment that knew more than this one.
    private async Task<bool> IsMetAsync(ConsistencyToken token, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        foreach (var (index, position) in token.Positions)
        {
            var shard = shards.All[index];
            var next = shard.Appended.Next;
            while (shard.LastPosition < position && await shard.Store.HeadAsync(cancellationToken) < position)
            {
                var left = FollowedViews.LongestWait - clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }

                await Signal.WaitAsync(next, left, clock, cancellationToken);
                next = shard.Appended.Next;
            }
        }

        return true;
    }
}
