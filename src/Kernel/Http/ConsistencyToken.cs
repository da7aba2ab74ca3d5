using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Kernel.Events;

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

/// <summary>Reads the token of a request and puts one on the answer to a write.</summary>
internal sealed class ConsistencyTokenMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers[MonolithHeaders.Token] is [{ } text, ..])
        {
            if (!ConsistencyToken.TryParse(text, out var token))
            {
                return (PlatformErrors.Malformed with { Detail = $"{MonolithHeaders.Token} is not a token of ours." }).ToProblem().ExecuteAsync(context);
            }

            context.Features.Set(token);
        }

        context.Response.OnStarting(
            static state =>
            {
                var http = (HttpContext)state;
                var written = ConsistencyToken.Of(http.RequestServices.GetRequiredService<CommitScope>());
                if (written.Length > 0)
                {
                    http.Response.Headers[MonolithHeaders.Token] = written;
                }

                return Task.CompletedTask;
            },
            context);
        return next(context);
    }
}
