using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Monolith.Adapters.Edge;

/// <summary>Sends requests to an edge, and says in one line what went wrong.</summary>
internal sealed class EdgeClient(TimeProvider clock) : IDisposable
{
    // What an answer may hold that is read; more tells nothing.
    private const int LongestBody = 64 << 10;

    // Followed nowhere: a redirect would carry the token along. Looked up again now and then, as edges move.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Sends a request and reads the answer, which must be a success.</summary>
    /// <exception cref="EdgeFaultException">There was no answer in time, or another one.</exception>
    public async Task<EdgeAnswer> AskAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!answer.IsSuccessStatusCode)
            {
                throw new EdgeFaultException(ReasonOf(answer.StatusCode), WaitOf(answer), null);
            }

            var counts = answer.Headers.TryGetValues("X-Purged", out var values) ? string.Join(' ', values) : null;
            return new EdgeAnswer(answer.StatusCode, counts, await ReadAsync(answer.Content, either.Token));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new EdgeFaultException(ReasonOf(e), null, e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Makes any text one line that can be printed.</summary>
    public static string OneLine(string text) =>
        string.Join(' ', string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[LongestBody];
        var length = await body.ReadAtLeastAsync(buffer, LongestBody, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private TimeSpan? WaitOf(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    };

    private static string ReasonOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"it answers {(int)status}, so it does not accept who we are",
        HttpStatusCode.TooManyRequests => "it answers 429, so it was asked too often",
        >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest => $"it answers {(int)status}, which is not followed",
        _ => $"it answers {(int)status}",
    };

    private static string ReasonOf(Exception e) => e switch
    {
        OperationCanceledException => "it does not answer in time",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name is not known",
        HttpRequestException { InnerException: AuthenticationException } => "its certificate is not trusted",
        _ => OneLine(e.GetBaseException().Message).TrimEnd('.'), // What the outer ones say is that something went wrong.
    };
}

/// <param name="Status">A success.</param>
/// <param name="Purged">How many copies it says that it removed; null when it does not say.</param>
/// <param name="Body">Up to 64 KiB of it.</param>
internal sealed record EdgeAnswer(HttpStatusCode Status, string? Purged, string Body);
