namespace Monolith.Adapters.Edge;

/// <summary>Tells every Varnish, by the requests that <c>deploy/varnish.vcl</c> takes.</summary>
/// <remarks>All of them or none: one that was left out would go on showing what was deleted.</remarks>
internal sealed class VarnishPurge(
    IReadOnlyList<(string Host, int Port)> hosts, PasswordSource secret, TimeSpan timeout, EdgeClient client) : IPurge
{
    private static readonly HttpMethod _purge = new("PURGE");

    /// <inheritdoc />
    // 101 bytes for the longest key: what Varnish takes as one header is 8 KiB (http_req_hdr_len).
    public int Batch => 75;

    /// <inheritdoc />
    public async Task<string> SendAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        string.Join(", ", await AllAsync(string.Join(' ', keys), cancellationToken));

    /// <inheritdoc />
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        await AllAsync("", cancellationToken);
        return true;
    }

    private Task<string[]> AllAsync(string keys, CancellationToken cancellationToken) =>
        Task.WhenAll(hosts.Select(host => OneAsync(host, keys, cancellationToken)));

    private async Task<string> OneAsync((string Host, int Port) host, string keys, CancellationToken cancellationToken)
    {
        var name = $"{host.Host}:{host.Port}";
        try
        {
            using var request = new HttpRequestMessage(_purge, new UriBuilder("http", host.Host, host.Port).Uri);
            request.Headers.TryAddWithoutValidation("X-Purge-Secret", secret.Read());
            request.Headers.TryAddWithoutValidation("X-Purge-Keys", keys);
            var answer = await client.AskAsync(request, timeout, cancellationToken);

            // A 200 without it comes from something else: a web server, a Varnish with another configuration.
            return $"{name} {answer.Purged ?? throw new EdgeFaultException("it is no Varnish with deploy/varnish.vcl", null, null)}";
        }
        catch (EdgeFaultException e)
        {
            throw new EdgeFaultException($"{name}: {e.Message}", e.Wait, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeFaultException("the file with the secret cannot be read", null, e);
        }
    }
}
