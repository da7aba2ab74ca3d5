namespace Monolith.Operations.Backups;

/// <summary>Keeps blobs sealed in another blob store. Their keys stay readable.</summary>
internal sealed class SealedBlobs(IBlobStore inner, byte[] key) : IBlobStore
{
    public async ValueTask<long> PutAsync(string blob, Stream content, CancellationToken cancellationToken)
    {
        await using var box = new SealingStream(content, key, NameOf(blob));
        return await inner.PutAsync(blob, box, cancellationToken);
    }

    public async ValueTask<Stream?> OpenAsync(string blob, CancellationToken cancellationToken) =>
        await inner.OpenAsync(blob, cancellationToken) is { } box ? new OpeningStream(box, key, NameOf(blob)) : null;

    public ValueTask DeleteAsync(string blob, CancellationToken cancellationToken) => inner.DeleteAsync(blob, cancellationToken);

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, cancellationToken);

    private static string NameOf(string blob) => $"blobs/{blob}";
}
