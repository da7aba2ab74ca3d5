namespace Monolith.Operations.Tests.Moves;

/// <summary>Blobs with trouble in front of them.</summary>
/// <param name="inner">Where calls go in the end.</param>
/// <param name="trouble">Gets the name of the method and the key, and may throw.</param>
internal sealed class TroubledBlobs(IBlobStore inner, Action<string, string> trouble) : IBlobStore
{
    public ValueTask<long> PutAsync(string key, Stream content, CancellationToken cancellationToken)
    {
        trouble(nameof(PutAsync), key);
        return inner.PutAsync(key, content, cancellationToken);
    }

    public ValueTask<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        trouble(nameof(OpenAsync), key);
        return inner.OpenAsync(key, cancellationToken);
    }

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        trouble(nameof(DeleteAsync), key);
        return inner.DeleteAsync(key, cancellationToken);
    }

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, cancellationToken);
}
