using System.Collections.Concurrent;

namespace Monolith.Support;

/// <summary>Compares every answer that a test gets with the description of the API, and fails the test where they differ.</summary>
internal sealed class JudgedAnswers(Func<Task<ApiContract>> contract, bool isWhole, ConcurrentQueue<string> faults)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var exchange = await Exchange.ReadAsync(request, response, cancellationToken);
        if (await FaultsOfAsync(exchange) is { Count: > 0 } found)
        {
            // Kept as well: a test may catch everything, to try again.
            found.ForEach(faults.Enqueue);
            throw new ContractException(found);
        }

        return response;
    }

    private async Task<List<string>> FaultsOfAsync(Exchange exchange)
    {
        var judge = await contract();
        var isMissing = isWhole && exchange.Status < 400 && !judge.Knows(exchange.Path)
            && (
                exchange.Path.StartsWith("/v1/", StringComparison.Ordinal)
                    || exchange.Path.StartsWith("/health", StringComparison.Ordinal));
        return isMissing ? [$"{exchange.Place}: the path is not described"] : [.. judge.FaultsOf(exchange)];
    }
}

/// <summary>The description of the API and an exchange do not agree.</summary>
/// <param name="faults">Each with the operation and a pointer.</param>
public sealed class ContractException(IEnumerable<string> faults)
    : Exception($"Not as /openapi/v1.json says:\n{string.Join('\n', faults)}");
