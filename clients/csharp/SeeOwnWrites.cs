namespace Monolith.Client;

/// <summary>
/// Sends the consistency token of the last change with each request, so that what is read is never older than what this client wrote,
/// whichever node answers. One for each user.
/// </summary>
public sealed class SeeOwnWrites(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Header = "Monolith-Token";

    private volatile string? _token;

    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_token is { } known && !request.Headers.Contains(Header))
        {
            request.Headers.Add(Header, known);
        }

        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.TryGetValues(Header, out var tokens))
        {
            _token = tokens.First();
        }

        return response;
    }
}
