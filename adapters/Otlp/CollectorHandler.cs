using System.Net.Http.Headers;
using System.Security.Authentication;

namespace Monolith.Adapters.Otlp;

/// <summary>Shows the token with each request, and notes how it ended.</summary>
internal sealed class CollectorHandler(OtlpSettings settings, Delivery delivery) : DelegatingHandler(HandlerOf(settings))
{
    // The exporter sends from a thread of its own, and waits.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            if (settings.Token.Read() is { } token)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            var answer = base.Send(request, cancellationToken);
            delivery.Note(answer.IsSuccessStatusCode ? null : $"it answers {(int)answer.StatusCode}");
            return answer;
        }
        catch (Exception e)
        {
            delivery.Note(ReasonOf(e));
            throw;
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.Run(() => Send(request, cancellationToken), cancellationToken);

    // Followed nowhere: a redirect would carry the token along. Looked up again now and then, as collectors move.
    private static SocketsHttpHandler HandlerOf(OtlpSettings settings) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        ActivityHeadersPropagator = null,
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => settings.Authority.Trusts(certificate, errors),
        },
    };

    private static string ReasonOf(Exception e) => e switch
    {
        OperationCanceledException => "it does not answer in time",
        UnauthorizedAccessException or FileNotFoundException => "the file with the token cannot be read",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name is not known",
        HttpRequestException { InnerException: AuthenticationException } => "its certificate is not trusted",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "it cannot be reached",
        _ => $"the request ended with {e.GetType().Name}",
    };
}
